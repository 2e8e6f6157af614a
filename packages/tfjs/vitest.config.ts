import { chromiumProject } from '@asgd/browser/vitest';
import { defineConfig, mergeConfig, type TestProjectInlineConfiguration } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';
import type { BackendPath, WasmBuild } from './test/backends.ts';

const cpu = ['cpu', 'shared'] as const;
const wasm = ['wasm', 'shared'] as const;
/** The folder of @tensorflow/tfjs-node, whose binary not everybody can download. Without it, it is not tested. */
const binding = process.env['ASGD_TFJS_NODE'];

async function inChromium(
  name: string,
  wasmBuild: WasmBuild,
  paths: readonly BackendPath[],
  include: readonly string[] = ['test/*.test.ts'],
): Promise<TestProjectInlineConfiguration> {
  const isolated = wasmBuild === 'SIMD with threads';
  const project = await chromiumProject({ name, include, isolated });
  return { ...project, test: { ...project.test, provide: { paths, wasmBuild } } };
}

function onBinding(folder: string): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: 'node, binding',
      exclude: ['test/webgpu/**', 'test/changed-backend.test.ts'],
      provide: { paths: [['tensorflow', 'copied']], wasmBuild: 'SIMD', binding: folder },
    },
  };
}

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        {
          extends: true,
          test: {
            name: 'node',
            exclude: ['test/webgpu/**'],
            provide: { paths: [cpu, wasm, ['opaque', 'copied']], wasmBuild: 'SIMD' },
          },
        },
        ...(binding === undefined ? [] : [onBinding(binding)]),
        await inChromium('chromium', 'SIMD', [cpu, wasm, ['webgl', 'copied']]),
        await inChromium(
          'chromium, webgpu',
          'SIMD',
          [['webgpu', 'shared']],
          ['test/{models,pytorch}.test.ts', 'test/webgpu/*.test.ts'],
        ),
        await inChromium('chromium, wasm without SIMD', 'plain', [wasm]),
        await inChromium('chromium, wasm with threads', 'SIMD with threads', [wasm]),
      ],
    },
  }),
);

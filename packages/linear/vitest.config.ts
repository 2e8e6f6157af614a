import { chromiumProject } from '@asgd/browser/vitest';
import { defineConfig, mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

/** What depends on the engine: its numbers, WebAssembly and text. */
const inBrowser = [
  'losses',
  'wasm',
  'pytorch',
  'text',
  'classifier',
  'regressor',
  'fit',
  'partial-fit',
  'model-json',
].map((name) => `test/${name}.test.ts`);

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [{ extends: true, test: { name: 'node' } }, await chromiumProject({ include: inBrowser })],
    },
  }),
);

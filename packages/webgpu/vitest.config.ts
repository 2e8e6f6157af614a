import { join } from 'node:path';
import { dawnEnvironment } from '@asgd/browser';
import { chromiumProject } from '@asgd/browser/vitest';
import { defineConfig, mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';
import { forVitest } from './minify/plugins.ts';

// Before Vitest starts its workers: a process reads it when it starts.
Object.assign(process.env, await dawnEnvironment());

/** Tests that run every kernel, once more on the shaders as they are published. */
const asPublished = ['test/{capture,compile,launch,schedule}.test.ts', 'test/node/limits.test.ts'];

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'node' } },
        {
          ...shared,
          extends: false, // Vitest would join the lists of test files
          plugins: [forVitest(join(import.meta.dirname, 'src'))],
          test: { ...shared.test, name: 'minified', include: asPublished },
        },
        await chromiumProject({ include: ['test/*.test.ts'] }), // but not those of test/node
      ],
    },
  }),
);

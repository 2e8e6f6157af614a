import { dawnEnvironment } from '@asgd/browser';
import { chromiumProject } from '@asgd/browser/vitest';
import { defineConfig, mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

// Before Vitest starts its workers: a process reads it when it starts.
Object.assign(process.env, await dawnEnvironment());

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'node' } },
        await chromiumProject({ include: ['test/*.test.ts'] }), // but not those of test/node
      ],
    },
  }),
);

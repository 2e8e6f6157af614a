import { defineConfig, mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';
import { dawnEnvironment } from './src/index.ts';
import { chromiumProject } from './src/vitest.ts';

Object.assign(process.env, await dawnEnvironment());

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'node', exclude: ['test/chromium/**'] } },
        await chromiumProject({ include: ['test/chromium/*.test.ts'], isolated: true }),
      ],
    },
  }),
);

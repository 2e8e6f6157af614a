import { chromiumProject } from '@asgd/browser/vitest';
import { defineConfig, mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

const include = ['test/conformance/*.test.ts'];

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'node' } },
        await chromiumProject({ name: 'chromium, isolated', include, isolated: true }),
        await chromiumProject({ name: 'chromium, not isolated', include }),
      ],
    },
  }),
);

import { chromiumProject } from '@asgd/browser/vitest';
import { defineConfig, mergeConfig, type TestProjectInlineConfiguration } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

/**
 * Vite serves JSON as JavaScript, and drops the attribute that says otherwise from static imports only: a browser then
 * refuses the reference vectors, which are imported when they are needed.
 */
const dynamicJson = {
  name: 'dynamic imports of JSON',
  transform: (code: string, id: string): string | undefined =>
    id.includes('/conformance/')
      ? code.replaceAll(/, ?\{ ?with: ?\{ ?type: ?['"]json['"],? ?\},? ?\}/g, '')
      : undefined,
};

const conformance = ['test/conformance/*.test.ts'];

async function inChromium(name: string, isolated: boolean): Promise<TestProjectInlineConfiguration> {
  return { ...(await chromiumProject({ name, include: conformance, isolated })), plugins: [dynamicJson] };
}

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'node' } },
        await inChromium('chromium, isolated', true),
        await inChromium('chromium, not isolated', false),
      ],
    },
  }),
);

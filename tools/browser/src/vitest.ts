import { playwright } from '@vitest/browser-playwright';
import type { TestProjectInlineConfiguration } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { rules } from '../../../vitest.shared.ts';
import { findChromium } from './chromium.ts';
import { jsonImports } from './json-imports.ts';

export interface ChromiumProjectOptions {
  readonly name?: string;
  /** The test files that run in the browser. */
  readonly include: readonly string[];
  /** Whether the page is cross-origin isolated, as threads and SharedArrayBuffer require. Default false. */
  readonly isolated?: boolean;
}

/** A Vitest project whose tests run in Chromium, for `test.projects`. */
export async function chromiumProject({
  name = 'chromium',
  include,
  isolated = false,
}: ChromiumProjectOptions): Promise<TestProjectInlineConfiguration> {
  const { executablePath, args, environment } = await findChromium();
  const env = { ...process.env, ...environment };
  const headers = isolated
    ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    : {};
  return {
    extends: false, // Vitest would join the lists of test files
    resolve: { conditions: ['@asgd/source', 'module', 'browser', 'development|production'] },
    plugins: [jsonImports],
    server: { headers },
    test: {
      ...rules,
      name,
      include: [...include],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        connectTimeout: rules.testTimeout ?? 0,
        provider: playwright({ launchOptions: { executablePath, args: [...args], env, timeout: 0 } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

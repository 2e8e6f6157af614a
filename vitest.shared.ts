import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Packages use each other's source, unbuilt. */
const conditions = ['@asgd/source', 'module', 'node', 'development|production'];

/** What every package's tests have in common. CI counts passed and failed tests from the JSON report. */
export const shared: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    // What a busy machine takes; nothing here asserts a time.
    testTimeout: 30_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
  },
});

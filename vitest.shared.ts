import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Packages use each other's source, unbuilt. */
const conditions = ['@asgd/source', 'module', 'node', 'development|production'];

/**
 * For what hangs, and for nothing else: many times what anything takes on a machine that is slow and busy. A test that
 * starts a process stops it with its context's `signal`; one that waits, waits `task.timeout`.
 */
const limit = 10 * 60_000;

/** What projects that inherit nothing need too. */
export const rules: NonNullable<ViteUserConfig['test']> = {
  testTimeout: limit,
  hookTimeout: limit,
  teardownTimeout: limit,
  // A test that asserts nothing cannot fail.
  expect: { requireAssertions: true },
};

/** What every package's tests have in common. CI counts passed and failed tests from the JSON report. */
export const shared: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    ...rules,
    include: ['test/**/*.test.ts'],
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
  },
});

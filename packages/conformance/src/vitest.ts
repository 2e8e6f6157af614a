import { afterAll, describe, test } from 'vitest';
import { adapt, type AdapterOptions } from './adapter.ts';
import type { Subject } from './case.ts';
import { defaultTimeout } from './execute.ts';

export type { AdapterOptions } from './adapter.ts';
export type { Subject } from './case.ts';
export type { Expectation } from './expectations.ts';

/**
 * Defines the suite as vitest tests, one for every case. A case that is skipped or does not apply becomes a skipped
 * test with its reason. A case that is expected to fail passes if it fails.
 */
export function conformance<Engine = unknown>(subject: Subject<Engine>, options: AdapterOptions = {}): void {
  // The suite itself limits opening, running and closing, with errors that say which of them took too long.
  const timeout = 3 * (options.timeout ?? defaultTimeout);
  describe(`conformance of ${subject.name}`, async () => {
    const { tests, end } = await adapt(subject, options);
    afterAll(end, timeout);
    for (const { name, skip, run } of tests) {
      // oxlint-disable-next-line vitest/valid-title
      test(name, { timeout }, async ({ skip: skipTest, expect }) => {
        if (skip !== null) skipTest(skip);
        // A case asserts by throwing, but `expect.requireAssertions` needs an assertion of vitest's own.
        expect(await run()).toBeUndefined();
      });
    }
  });
}

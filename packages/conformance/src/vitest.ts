import { describe, test } from 'vitest';
import { adapt, type AdapterOptions } from './adapter.ts';
import type { Subject } from './case.ts';
import { defaultTimeout } from './execute.ts';

export type { AdapterOptions } from './adapter.ts';
export type { Subject } from './case.ts';
export type { Expectation } from './expectations.ts';

/**
 * Defines the suite as vitest tests, one for every case. A case that is skipped or does not apply is a skipped
 * test with its reason; one that is expected to fail passes by failing.
 */
export function conformance(subject: Subject, options: AdapterOptions = {}): void {
  // The suite bounds opening, running and closing itself, with errors that say which of them it was.
  const timeout = 3 * (options.timeout ?? defaultTimeout);
  describe(`conformance of ${subject.name}`, async () => {
    for (const { name, skip, run } of await adapt(subject, options)) {
      // oxlint-disable-next-line vitest/valid-title
      test(name, { timeout }, async ({ skip: skipTest, expect }) => {
        if (skip !== null) skipTest(skip);
        // A case asserts by throwing; for `expect.requireAssertions` vitest has to see an assertion of its own.
        expect(await run()).toBeUndefined();
      });
    }
  });
}

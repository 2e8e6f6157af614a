import { test } from 'node:test';
import { adapt, type AdapterOptions } from './adapter.ts';
import type { Subject } from './case.ts';

export type { AdapterOptions } from './adapter.ts';
export type { Subject } from './case.ts';
export type { Expectation } from './expectations.ts';

/**
 * Defines the suite as tests of `node:test`, one for every case. A case that is skipped or does not apply is a
 * skipped test with its reason. A case that is expected to fail passes if it fails.
 */
export function conformance<Engine = unknown>(subject: Subject<Engine>, options: AdapterOptions = {}): void {
  void test(`conformance of ${subject.name}`, async (context) => {
    const { tests, end } = await adapt(subject, options);
    for (const { name, skip, run } of tests) {
      await context.test(name, { skip: skip ?? false }, run);
    }
    await end();
  });
}

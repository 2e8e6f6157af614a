import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { describe, expect, expectSame } from '../expect.ts';

const spec = 'Kernels';

/** What a backend declares is one of what may be declared: everything else of the suite goes by it. */
const declared = define('errors/capabilities/declared', spec, ({ backend: { capabilities } }) => {
  const { dtypes, contraction, subnormals, hostVisible, threads, schedules } = capabilities;
  const choices = {
    contraction: [contraction, ['never', 'may']],
    subnormals: [subnormals, ['keep', 'flush']],
    hostVisible: [hostVisible, [true, false]],
    schedules: [schedules, [true, false]],
  } as const;
  for (const [name, [value, allowed]] of Object.entries(choices)) {
    expect(
      (allowed as readonly unknown[]).includes(value),
      `capabilities.${name} is ${describe(value)}; expected ${allowed.map(describe).join(' or ')}.`,
    );
  }
  expect(
    Number.isSafeInteger(threads) && threads >= 1,
    `capabilities.threads is ${describe(threads)}; expected a whole number from 1.`,
  );
  expectSame(new Set(dtypes).size, dtypes.length, 'The number of different dtypes');
});

export const capabilities: readonly Case[] = [declared];

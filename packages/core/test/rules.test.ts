import type { Backend, Capabilities } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { plainBackend } from './plain-backend.ts';
import { rules } from './rules/index.ts';

const kinds: readonly (readonly [kind: string, declared: Partial<Capabilities>])[] = [
  ['shows its memory to the host', {}],
  ['answers reads later', { hostVisible: false }],
  ['has float64 alone', { dtypes: ['float64'] }],
];

test('no two rules have one name', () => {
  const names = rules.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(kinds)('with a backend that %s', (_, declared) => {
  test.each(rules.map((item) => [item.name, item] as const))('%s', async (_name, { check }) => {
    expect.hasAssertions();
    const open = (): Backend => plainBackend(declared);
    await check({ backend: open(), open });
  });
});

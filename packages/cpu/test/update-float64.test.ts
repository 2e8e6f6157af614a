import type { Averaging, HostScalars, StepItem } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { update } from '../src/update-float64.ts';

const length = 23;
const averagings = ['none', 'copy', 'blend'] as const;

function makeItem(averaging: Averaging): StepItem<Float64Array> {
  const values = (seed: number): Float64Array =>
    Float64Array.from({ length }, (_, index) => Math.sin(seed + index));
  return {
    parameter: values(1),
    gradient: values(2),
    average: averaging === 'none' ? null : values(3),
    length,
  };
}

// A tensor with more elements than int32 can count is too large for a test.
describe.each(averagings)('what is updated in parts (average: %s)', (averaging) => {
  test.each([0, 0.01])('has the bits of what is updated at once (weight decay %d)', (weightDecay) => {
    const whole = makeItem(averaging);
    const parts = makeItem(averaging);
    const scalars: HostScalars = { on: 'host', decay: 0.99, eta: 0.1, mu: 0.25, weightDecay, sign: -1 };
    update(whole, averaging, scalars);
    update(parts, averaging, scalars, 7);
    expect(parts).toStrictEqual(whole);
    expect(parts.parameter.at(-1)).not.toBe(makeItem(averaging).parameter.at(-1));
  });
});

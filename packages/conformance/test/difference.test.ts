import { describe, expect, test } from 'vitest';
import { firstDifference } from '../src/difference.ts';
import type { Observed } from '../src/observe.ts';

const { fround } = Math;

/** One parameter with three updates behind it. */
function observed(change: Partial<Observed> = {}, schedule: object = {}): Observed {
  return {
    values: Float32Array.of(1, 2, 3),
    state: { step: 3, eta: fround(0.1), mu: 0.5, ax: Float32Array.of(4, 5, 6), ...schedule },
    ...change,
  };
}

function difference(one: Observed, other: Observed): ReturnType<typeof firstDifference> {
  const untouched = { values: Float32Array.of(7), state: null };
  return firstDifference([[untouched], [untouched, one]], [[untouched], [untouched, other]]);
}

describe('the first difference', () => {
  test('is none between equal bits, of which NaN has many', () => {
    const values = (bits: number): Float32Array => new Float32Array(Uint32Array.of(bits, 0, 1).buffer);
    expect(difference(observed(), observed())).toBeNull();
    const [one, other] = [values(0x7fc0_0000), values(0xffc1_2345)];
    expect(difference(observed({ values: one }), observed({ values: other }))).toBeNull();
    expect(firstDifference([], [])).toBeNull();
  });

  test('has its place, both numbers in decimal and bits, and the distance', () => {
    const values = Float32Array.of(1, 2 + 2 ** -22, 3 - 2 ** -21);
    expect(difference(observed(), observed({ values }))).toStrictEqual({
      step: 1,
      parameter: 1,
      what: 'parameter',
      dtype: 'float32',
      index: 1,
      length: 3,
      count: 2,
      values: [
        { decimal: '2', bits: '0x40000000' },
        { decimal: '2.000000238418579', bits: '0x40000001' },
      ],
      ulp: 1,
    });
  });

  test('is found between zeros of different signs, which are 0 ulp apart', () => {
    const [zero, negative] = [Float32Array.of(0, 1, 1), Float32Array.of(-0, 1, 1)];
    expect(difference(observed({ values: zero }), observed({ values: negative }))).toMatchObject({
      values: [
        { decimal: '0', bits: '0x00000000' },
        { decimal: '-0', bits: '0x80000000' },
      ],
      ulp: 0,
    });
  });

  test('is infinite between a NaN and a number', () => {
    const values = Float32Array.of(1, 2, Number.NaN);
    expect(difference(observed({ values }), observed())).toMatchObject({ index: 2, ulp: 'infinite' });
  });

  test.each([
    ['average', { ax: Float32Array.of(4, 5 + 2 ** -21, 6) }, 'float32', 1],
    ['step', { step: 4 }, 'float64', null],
    ['eta', { eta: fround(0.1) + 2 ** -27 }, 'float32', 1],
    ['mu', { mu: 0.25 }, 'float32', 2 ** 23],
  ] as const)('may be in the state: %s', (what, schedule, dtype, ulp) => {
    expect(difference(observed(), observed({}, schedule))).toMatchObject({ what, dtype, ulp, count: 1 });
  });

  test('counts a parameter without state as one without updates', () => {
    const values = [{ decimal: '3' }, { decimal: '0' }];
    expect(difference(observed(), observed({ state: null }))).toMatchObject({ what: 'step', values });
  });

  test('is an error where one of the two has no such step', () => {
    expect(() => firstDifference([[observed()]], [])).toThrow('shows no parameter 0 after step 0');
  });
});

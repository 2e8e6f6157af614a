import { describe, expect, test } from 'vitest';
import {
  defaultOptions,
  firstSchedule,
  nextSchedule,
  type Schedule,
  scalarsOf,
  update,
  type UpdateOptions,
} from '../src/reference.ts';

function schedules(options: Partial<UpdateOptions>, steps: number): readonly Schedule[] {
  const all = { ...defaultOptions, ...options };
  const list = [firstSchedule(all)];
  while (list.length < steps) list.push(nextSchedule(list.at(-1) ?? firstSchedule(all), all));
  return list;
}

describe('the reference', () => {
  test('weighs the newest iterate as SPEC.md says, for whole and fractional t0', () => {
    const weights = (t0: number, steps: number): readonly number[] =>
      schedules({ t0 }, steps).map(({ mu }) => mu);
    expect(weights(-1, 4)).toStrictEqual([1, 1 / 2, Math.fround(1 / 3), 1 / 4]);
    expect(weights(0, 5)).toStrictEqual([1, 1, 1 / 2, Math.fround(1 / 3), 1 / 4]);
    expect(weights(2.5, 7)).toStrictEqual([
      1,
      1,
      1,
      1,
      Math.fround(1 / 1.5),
      Math.fround(1 / 2.5),
      Math.fround(1 / 3.5),
    ]);
    expect(new Set(weights(1e6, 50))).toStrictEqual(new Set([1]));
  });

  test('starts from lr and lets the step size decay', () => {
    const [first, second, third] = schedules({ lr: 0.1, lambd: 0.5, alpha: 2 }, 3).map(({ eta }) => eta);
    expect(first).toBe(Math.fround(0.1));
    expect(second).toBe(Math.fround(0.1 / 1.05 ** 2));
    expect(third).toBe(Math.fround(0.1 / 1.1 ** 2));
  });

  test('averages iterates once averaging has begun', () => {
    // lr 1, no decay, gradient -1: the parameter counts 1, 2, 3, 4; with t0 0 the mean leaves out the first.
    const options = { ...defaultOptions, lr: 1, lambd: 0, t0: 0 };
    let [element, schedule] = [{ parameter: 0, average: 0 }, firstSchedule(options)];
    const averages: number[] = [];
    for (let step = 1; step <= 4; step++) {
      element = update(element, -1, scalarsOf('float64', schedule, options));
      schedule = nextSchedule(schedule, options);
      averages.push(element.average);
    }
    expect(element.parameter).toBe(4);
    expect(averages.slice(0, 3)).toStrictEqual([1, 2, 2.5]);
    expect(averages[3]).toBeCloseTo(3, 6);
  });

  test('decays with the parameter before the step, and ascends under maximize', () => {
    const options = { ...defaultOptions, lr: 0.5, lambd: 0.5, weightDecay: 0.25 };
    const step = (maximize: boolean): number =>
      update(
        { parameter: 8, average: 0 },
        2,
        scalarsOf('float64', firstSchedule(options), { ...options, maximize }),
      ).parameter;
    expect(step(false)).toBe(8 * 0.75 - 0.5 * (2 + 2));
    expect(step(true)).toBe(8 * 0.75 - 0.5 * (-2 + 2));
  });

  test('rounds each operation to the dtype', () => {
    const options = { ...defaultOptions, lr: 1, lambd: 0 };
    const after = (dtype: 'float32' | 'float64'): number =>
      update({ parameter: 1, average: 0 }, -(2 ** -30), scalarsOf(dtype, firstSchedule(options), options))
        .parameter;
    expect(after('float32')).toBe(1);
    expect(after('float64')).toBe(1 + 2 ** -30);
  });

  test('leaves weight decay out where it is 0, rather than adding 0 times an infinity', () => {
    const scalars = scalarsOf('float64', firstSchedule(defaultOptions), defaultOptions);
    expect(update({ parameter: Infinity, average: 0 }, 1, scalars).parameter).toBe(Infinity);
  });
});

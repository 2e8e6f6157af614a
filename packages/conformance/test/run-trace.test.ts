import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { ASGD, defineBackend, type Options, type RealArray } from '@asgd/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { atOddOffsets, inChunks } from '../src/placement.ts';
import type { Observed } from '../src/observe.ts';
import { type Mode, runTrace } from '../src/run-trace.ts';
import type { Trace } from '../src/trace.ts';
import { wrapped } from '../src/wrappers.ts';
import { plainBackend, plainKernels } from './kernels.ts';
import { contextOf } from './small-cases.ts';

const trace: Trace = {
  parameters: [
    { dtype: 'float32', shape: [3], initial: Float32Array.of(1, 2, 3) },
    { dtype: 'complex128', shape: [1], initial: Float64Array.of(4, 5) },
  ],
  groups: [
    { parameters: [1], options: { lr: 0.5, lambd: 0, t0: 0 } },
    { parameters: [0], options: { lr: 1, lambd: 0 } },
  ],
  steps: [
    { gradients: [Float32Array.of(1, 1, 1), null] },
    { gradients: [null, Float64Array.of(2, 4)] },
    { options: [{ maximize: true }, {}], resume: true, gradients: [null, Float64Array.of(2, 4)] },
  ],
};

async function observe(mode: Mode = {}): Promise<readonly (readonly Observed[])[]> {
  const seen: (readonly Observed[])[] = [];
  for await (const observed of runTrace(trace, plainBackend(), mode)) seen.push(observed);
  return seen;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('running a trace', () => {
  test('shows every parameter before the first step and after each', async () => {
    const seen = await observe();
    expect(
      seen.map(([first, second]) => [[...(first?.values ?? [])], [...(second?.values ?? [])]]),
    ).toStrictEqual([
      [
        [1, 2, 3],
        [4, 5],
      ],
      [
        [0, 1, 2],
        [4, 5],
      ],
      [
        [0, 1, 2],
        [3, 3],
      ],
      [
        [0, 1, 2],
        [4, 5],
      ],
    ]);
  });

  test('shows state from the first update on, with the schedule and the average', async () => {
    const seen = await observe();
    const states = seen.map(([, second]) => second?.state);
    expect(states).toStrictEqual([
      null,
      null,
      { step: 1, eta: 0.5, mu: 1, ax: Float64Array.of(3, 3) },
      { step: 2, eta: 0.5, mu: 0.5, ax: Float64Array.of(4, 5) },
    ]);
  });

  test('resumes where the trace says, in an optimizer that gets only the state dictionary', async () => {
    const loading = vi.spyOn(ASGD.prototype, 'loadStateDict');
    await observe();
    expect(loading).toHaveBeenCalledTimes(1);
  });

  test.each([undefined, true, false])('launches with foreach %s', async (foreach) => {
    const seen: Options['foreach'][] = [];
    const { step } = ASGD.prototype;
    vi.spyOn(ASGD.prototype, 'step').mockImplementation(function spied(this: ASGD): undefined {
      seen.push(...this.paramGroups.map((group) => group.foreach));
      return Reflect.apply(step, this, []) as undefined;
    });
    await observe({ foreach });
    expect(seen).toStrictEqual(Array.from({ length: 6 }, () => foreach));
  });
});

test('when parameters and averages cannot be read, no rejection is left unhandled', async () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listener);
  let isLost = false;
  const kernels = plainKernels();
  const read = async (storage: RealArray): Promise<RealArray> => {
    if (isLost) throw new Error('The device is lost.');
    return storage.slice();
  };
  const seen = runTrace(trace, defineBackend({ ...kernels, read }));
  await seen.next();
  isLost = true;
  await expect(seen.next()).rejects.toThrow('The device is lost.');
  await setTimeout(1); // unhandled rejections are reported after the microtasks
  process.off('unhandledRejection', listener);
  expect(unhandled).toStrictEqual([]);
});

describe.each([
  ['through a state dictionary before every step', { resumeAlways: true }],
  ['in chunks', { placement: inChunks }],
  ['at odd offsets', { placement: atOddOffsets }],
] as const)('running a trace %s', (_, mode) => {
  test('shows the same states', async () => {
    expect(await observe(mode)).toStrictEqual(await observe());
  });
});

describe('the modes in which cases are run again', () => {
  test('are a new optimizer at every step, shared storage and chunks', async () => {
    const modes: Mode[] = [];
    const item = {
      id: 'some/case',
      spec: 'Update',
      needs: {},
      trace: () => trace,
      train: async (_: unknown, mode: Mode) => void modes.push(mode),
    };
    const again = wrapped([item]);
    const context = contextOf(plainBackend());
    for (const { run } of again) await run(context);
    expect(again.map(({ id }) => id)).toStrictEqual([
      'resumed-always/some/case',
      'odd-offsets/some/case',
      'chunks/some/case',
    ]);
    expect(modes).toStrictEqual([
      { resumeAlways: true },
      { placement: atOddOffsets },
      { placement: inChunks },
    ]);
    expect(again.map(({ needs }) => needs)).toStrictEqual([{}, { hostVisible: true }, {}]);
  });

  test('resume before every step of the trace', async () => {
    const loading = vi.spyOn(ASGD.prototype, 'loadStateDict');
    await observe({ resumeAlways: true });
    expect(loading).toHaveBeenCalledTimes(3);
  });

  test('leave out cases that are too large to repeat', () => {
    const item = {
      id: 'large',
      spec: 'Update',
      needs: {},
      isLarge: true as const,
      trace: () => trace,
      train: async () => {},
    };
    expect(wrapped([item])).toStrictEqual([]);
  });
});

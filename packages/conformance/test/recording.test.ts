import { type Backend, defineBackend, type RealArray } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { assertionsMade } from '../src/assertions.ts';
import { asCase } from '../src/training-case.ts';
import { exactCase, singleTrace, throughAveraging } from '../src/cases/arithmetic/traces.ts';
import type { Observed } from '../src/observe.ts';
import { recording } from '../src/recording.ts';
import { runTrace } from '../src/run-trace.ts';
import { plainBackend, plainKernels } from './kernels.ts';
import { contextOf } from './small-cases.ts';

const run = asCase(
  exactCase('some/case', ['float32'], (id) =>
    singleTrace(id, 'float32', [3], throughAveraging, { steps: 2 }),
  ),
);

async function record(backend: Backend): Promise<readonly (readonly Observed[])[]> {
  const seen: (readonly Observed[])[] = [];
  await recording(run, async (observed) => void seen.push(observed)).run(contextOf(backend));
  return seen;
}

/** Gives `change` of what it is asked to read. */
function reading(change: (values: RealArray) => RealArray): Backend {
  return defineBackend({ ...plainKernels(), read: (storage) => change(storage.slice()) });
}

describe('recording a case', () => {
  test('hands on what the trace gives, before the first step and after each, and judges nothing', async () => {
    const expected: (readonly Observed[])[] = [];
    const fusing = (): Backend => plainBackend({}, { fuses: 'decay' });
    for await (const observed of runTrace(run.trace(), fusing())) expected.push(observed);
    expect(await record(fusing())).toStrictEqual(expected);
    expect(expected).toHaveLength(3);
  });

  test('counts as an assertion, so that the case is not refused for making none', async () => {
    const before = assertionsMade();
    await record(plainBackend());
    expect(assertionsMade()).toBeGreaterThan(before);
  });

  test.each([
    ['too few numbers', (values: RealArray) => values.subarray(1)],
    ['numbers of another dtype', (values: RealArray) => Float64Array.from(values)],
  ])('fails for %s, which could not be compared', async (_, change) => {
    await expect(record(reading(change))).rejects.toThrow(
      'parameter 0 or its average was not read as 3 values of float32.',
    );
  });
});

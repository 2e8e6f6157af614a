import { afterEach, describe, expect, test } from 'vitest';
import type { Subject } from '../../src/case.ts';
import type { FailureFault, Manner } from './failures.ts';
import { type CoreFailureFaultName, coreFailureFaults } from './failures-of-core.ts';
import { replaceModule, restoreModules } from './verdict.ts';

// Mutants at which something goes wrong that is nobody's mistake. Every case named next to a fault must catch it.

const faults: Readonly<Record<Exclude<FailureFault, `late-${string}`>, readonly string[]>> = {
  'allocation-fails-with-a-RangeError': ['failures/allocate/tensors', 'failures/allocate/training'],
  'half-written': ['failures/write/tensors', 'failures/write/training'],
  'half-copied': ['failures/copy/training'],
  'first-item-updated': ['failures/step/training', 'failures/step/functional'],
  'failed-step-is-silent': ['failures/step/training', 'failures/step/several-launches'],
  'failed-copy-is-silent': ['failures/copy/training', 'failures/copy/recording'],
  'failed-read-gives-zeros': ['failures/read/tensors', 'failures/read/checkpoint'],
  'failed-allocation-clears-others': ['failures/allocate/tensors'],
  'broken-after-a-failure': ['failures/step/training', 'failures/write/training'],
  'freed-memory-is-not-given-back': ['failures/memory/full'],
  'full-memory-is-shared': ['failures/memory/full'],
  'full-memory-is-a-RangeError': ['failures/memory/full', 'failures/memory/training'],
  'loss-is-silent': ['failures/loss/training', 'failures/loss/first-call/step'],
  'loss-is-told-once': ['failures/loss/training'],
  'loss-is-a-TypeError': ['failures/loss/training', 'failures/loss/first-call/allocate'],
  'reads-wait-at-the-loss': ['failures/loss/training', 'failures/loss/first-call/read'],
  'close-fails-after-the-loss': ['failures/loss/close'],
};

const lateFaults = {
  'late-failure-is-silent': ['failures/step/training', 'failures/step/several-launches'],
  'late-failure-is-told-again': ['failures/step/unknown-values', 'failures/step/training'],
  'late-values-are-the-old-ones': ['failures/step/unknown-values', 'failures/step/training'],
  'late-values-are-known-once-told': ['failures/step/unknown-values', 'failures/step/training'],
  'late-values-are-known-after-another-step': ['failures/step/unknown-values', 'failures/step/training'],
} as const;

const faultsOfCore: Readonly<Record<CoreFailureFaultName, readonly string[]>> = {
  'half-swapped': ['failures/copy/training'],
  'rates-loaded-one-by-one': ['failures/write/checkpoint'],
  'counters-advanced-by-failed-steps': ['failures/step/training'],
};

/** The cases about failures that fail. */
async function failuresOf(
  subject: Subject,
  only: string | readonly string[] = 'failures/*',
  timeout = 20_000,
): Promise<string[]> {
  const { run } = await import('../../src/run.ts');
  const { rows } = await run(subject, { only, timeout });
  expect(rows.filter(({ outcome }) => outcome === 'skip' || outcome === 'not-applicable')).toStrictEqual([]);
  return rows.filter(({ outcome }) => outcome === 'fail').map(({ id, error }) => `${id}: ${error}`);
}

async function caughtBy(names: readonly string[], fault?: FailureFault, manner?: Manner): Promise<string[]> {
  const { fallibleSubject } = await import('./failures.ts');
  // One of them leaves somebody waiting.
  const timeout = fault === 'reads-wait-at-the-loss' ? 500 : undefined;
  const failed = await failuresOf(fallibleSubject(fault, manner), names, timeout);
  return names.filter((name) => failed.some((line) => line.startsWith(`${name}:`)));
}

describe('the suite passes a backend without a fault', () => {
  test.each([
    ['whose calls fail', {}],
    ['that finds out later', { isLate: true }],
    ['that loses a thread', { isPartial: true }],
  ])('%s', async (_, manner) => {
    const { fallibleSubject } = await import('./failures.ts');
    expect(await failuresOf(fallibleSubject(undefined, manner))).toStrictEqual([]);
  });
});

describe('the suite catches', () => {
  test.each(Object.entries(faults))('%s', async (fault, names) => {
    expect(await caughtBy(names, fault as FailureFault)).toStrictEqual(names);
  });

  test.each(Object.entries(lateFaults))('%s', async (fault, names) => {
    expect(await caughtBy(names, fault as FailureFault, { isLate: true })).toStrictEqual(names);
  });
});

describe('the suite catches, in core,', () => {
  afterEach(() => restoreModules(Object.values(coreFailureFaults)));

  test.each(Object.entries(faultsOfCore))('%s', async (name, names) => {
    replaceModule(coreFailureFaults[name as CoreFailureFaultName]);
    expect(await caughtBy(names)).toStrictEqual(names);
  });
});

test('a subject that offers nothing passes the rest, and the report says what did not apply and why', async () => {
  const { plainBackend } = await import('../kernels.ts');
  const { run } = await import('../../src/run.ts');
  const subject = { name: 'plain', open: () => plainBackend(), loseDevice: () => {} };
  const report = await run(subject, { only: ['failures/*', 'step/plain/float32/n=1'] });
  expect(report.failures).toStrictEqual(['loseDevice']);
  const reasons = report.rows
    .filter(({ outcome }) => outcome === 'not-applicable')
    .map(({ reason }) => reason);
  expect(new Set(reasons)).toStrictEqual(
    new Set([
      ...['allocate', 'write', 'read', 'copy', 'step'].map(
        (operation) => `needs failNext.${operation}, which the subject does not offer`,
      ),
      'needs limitMemory, which the subject does not offer',
    ]),
  );
});

test('a case in which something goes wrong has an engine of its own, and leaves the others alone', async () => {
  const { fallibleSubject } = await import('./failures.ts');
  const { run } = await import('../../src/run.ts');
  const subject = fallibleSubject();
  let started = 0;
  const stopped: number[] = [];
  const engine = { start: () => ++started, stop: (which: number) => stopped.push(which) };
  const only = ['failures/loss/close', 'failures/step/training', 'step/plain/float32/n=1'];
  const report = await run({ ...subject, engine }, { only });
  expect(report.counts).toMatchObject({ pass: 3, fail: 0 });
  expect(started).toBe(3);
  expect(stopped.toSorted((a, b) => a - b)).toStrictEqual([1, 2, 3]);
});

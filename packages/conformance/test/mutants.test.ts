import type { Backend, Capabilities } from '@asgd/core';
import { afterEach, describe, expect, test } from 'vitest';
import type { Case } from '../src/case.ts';
import type { Fault } from './mutants/faults.ts';
import { type QueueFault, queuedBackend } from './mutants/queues.ts';
import { type OptimizerFaultName, optimizerFaults } from './mutants/optimizers.ts';
import { examine, replaceModule, restoreModules, type Verdict, verdictOn } from './mutants/verdict.ts';

// A suite that passes everything proves nothing. Each mutant has one believable fault, and every case named next to it
// must catch it. Without the fault, the same backend passes these cases and the rest of the suite.

const faults: Readonly<Record<Exclude<Fault, 'smallest-normal-flushed'>, readonly string[]>> = {
  'average-moved-before-parameter': ['step/plain/float32/n=5', 'mathematics/window/t0=0/float64'],
  'average-copied-one-update-early': ['step/plain/float32/n=5', 'properties/average-before-blending/float64'],
  'average-copied-one-update-late': ['step/plain/float64/n=5', 'mathematics/window/t0=-1/float32'],
  'averages-kept-by-position': ['properties/order/float32', 'batch/missing-gradients/float32'],
  'penalty-on-decayed-parameter': ['step/weight-decay/float32/n=5', 'step/weight-decay+maximize/float64/n=1'],
  'maximize-ignored': ['properties/maximize/float32', 'lifecycle/updates/options-can-be-edited'],
  'maximize-negates-penalty': ['properties/maximize/float32', 'step/weight-decay+maximize/float64/n=1'],
  'tail-skipped': ['properties/split/float32', 'step/plain/float64/n=5'],
  'tail-overrun': ['properties/bystanders-untouched/float32', 'properties/memory-beside-untouched/float32'],
  'gradient-written': ['properties/gradients-untouched/float32', 'properties/gradients-untouched/complex128'],
  'float64-intermediates': ['step/plain/float32/n=17', 'step/weight-decay/float32/n=17'],
  'float64-truncated': ['step/plain/float64/n=1', 'step/plain/complex128/n=1'],
  'sign-of-zero-lost': ['magnitude/zeros/weight-decay/float32', 'magnitude/landmarks/plain/float64'],
  'scalars-of-the-first-step-kept': [
    'lifecycle/updates/lr-acts-one-step-late',
    'tensor-lr/edited/step/float64',
  ],
  'scalars-read-late': ['properties/batch/float32', 'capturable/recording/steps-and-replays-mix'],
  'gradients-kept-by-parameter': ['step/weight-decay/float32/n=3', 'schedule/t0=2.5/float64'],
  'products-fused': ['properties/split/float32', 'step/plain/float32/n=17'],
  'subnormals-flushed': ['magnitude/subnormal/plain/float32', 'magnitude/subnormal/plain/float64'],
  'view-kept-across-growth': ['lifecycle/tensors/survive-growing-memory'],
  'memory-not-cleared': ['lifecycle/tensors/new-memory-is-zero'],
  'mu-never-below-1e-3': ['schedule/t0=-1e7/float32', 'schedule/t0=-1e7/float64'],
  'eta-capped': ['schedule/lr=1e9/float32'],
  'weight-decay-capped': ['schedule/weight-decay=1e9/float32'],
  'least-weight-decay-dropped': [
    'magnitude/least-weight-decay/plain/float32',
    'magnitude/least-weight-decay/maximize/float64',
  ],
  'beyond-2-million-twice': ['thorough/length/float32/n=4194241'],
  'end-cut-at-65535-workgroups': ['thorough/length/float32/n=4194241'],
  'integers-wrapped': ['errors/tensors/wrap'],
  'copy-aliases': ['properties/swap/float32', 'lifecycle/averages/swap'],
  'reads-are-late': ['lifecycle/tensors/reads-are-snapshots', 'lifecycle/checkpoints/as-of-the-call'],
};

const faultsOfTheOptimizer: Readonly<Record<OptimizerFaultName, readonly string[]>> = {
  'mu-starts-at-0': ['mathematics/window/t0=0/float32', 'properties/average-before-blending/float64'],
  'eta-used-after-its-update': ['step/plain/float32/n=5', 'lifecycle/updates/late-joiner-starts-from-lr'],
  'alpha-on-the-step-alone': ['step/plain/float32/n=5', 'schedule/t0-postponed/float64'],
  'eta-not-rounded': ['step/plain/float64/n=5', 'lifecycle/updates/late-joiner-starts-from-lr'],
  'averaging-begins-late': ['mathematics/window/t0=0/float32', 'mathematics/window/t0=2.5/float64'],
  'averaging-begins-early': ['mathematics/window/t0=0/float32', 'properties/average-before-blending/float32'],
  'average-forgets': ['mathematics/polyak-juditsky/float32'],
  'average-favors-the-latest': ['mathematics/window/t0=-1/float32', 'mathematics/window/t0=2.5/float64'],
  'step-lost-on-resume': ['properties/resume/float32', 'properties/resume/complex128'],
  'state-dict-shares-memory': ['lifecycle/checkpoints/independent'],
  'state-keyed-by-position': ['properties/order/float32', 'batch/missing-gradients/float32'],
  'missing-gradients-counted': ['lifecycle/updates/no-gradient-sits-out', 'batch/missing-gradients/float32'],
  'iterate-lost-in-swap': ['properties/swap/float32', 'lifecycle/averages/swap'],
};

/** Leaves out the largest tensors, and repetitions of cases against other references and in other modes. */
function isQuick({ id }: Case): boolean {
  return !/^(thorough|vectors|resumed-always|odd-offsets|chunks)\/|n=\d{4,}/.test(id);
}

async function open(fault?: Fault, declared?: Partial<Capabilities>): Promise<Backend> {
  const { smallBackend } = await import('./mutants/kernels.ts');
  return smallBackend(fault, declared);
}

/** The failures among all quick cases. */
async function failures(fault?: Fault, declared?: Partial<Capabilities>): Promise<readonly string[]> {
  const { rows, problems } = await examine(isQuick, () => open(fault, declared));
  return [
    ...problems,
    ...rows.flatMap(({ id, outcome, error }) => (outcome === 'fail' ? [`${id}: ${error}`] : [])),
  ];
}

function verdict(names: readonly string[], fault?: Fault): Promise<Verdict> {
  return verdictOn(names, () => open(fault));
}

describe('the suite passes', () => {
  test('a backend without a fault', async () => {
    expect(await failures()).toStrictEqual([]);
  });

  test('a backend that fuses products, when it says so', async () => {
    const declared = { contraction: 'may', dtypes: ['float32'] } as const;
    expect(await failures('products-fused', declared)).toStrictEqual([]);
  });

  test('a backend that flushes subnormals, when it says so', async () => {
    const declared = { subnormals: 'flush', dtypes: ['float32'] } as const;
    expect(await failures('subnormals-flushed', declared)).toStrictEqual([]);
  });
});

describe('the suite catches a backend with the fault', () => {
  test.each(Object.entries(faults))('%s', async (fault, names) => {
    expect(await verdict(names, fault as Fault)).toStrictEqual({ passed: false, caughtBy: names });
  });
});

const faultsOfQueues: Readonly<Record<QueueFault, readonly string[]>> = {
  'synchronize-does-nothing': ['lifecycle/queues/done-once-synchronized'],
  'synchronize-resolves-early': ['lifecycle/queues/done-once-synchronized'],
  'synchronize-gives-no-promise': ['lifecycle/queues/synchronize-resolves'],
  'synchronize-never-resolves': ['lifecycle/queues/synchronize-resolves'],
  'launches-beyond-1000-lost': ['lifecycle/queues/launches/n=1100'],
  'launches-beyond-9000-lost': ['thorough/launches/n=10000'],
  'items-modulo-4096': ['thorough/tensors/float32/n=5000'],
  'scalars-in-a-ring-of-64': ['lifecycle/queues/launches/n=1100', 'lifecycle/queues/groups/n=130'],
  'scalars-of-another-group': ['lifecycle/queues/groups/n=130'],
  'shared-gradients-skipped': ['lifecycle/queues/shared-gradient'],
  'freed-while-queued': ['lifecycle/queues/freed-while-queued'],
  'queue-of-all-backends': ['lifecycle/queues/backends-apart'],
  'reads-lost-at-close': ['lifecycle/queues/reads-waiting-at-close'],
};

describe('of backends that queue their work, the suite', () => {
  test('passes one without a fault', async () => {
    const { rows, problems } = await examine(isQuick, async () => queuedBackend());
    expect(problems).toStrictEqual([]);
    expect(rows.filter(({ outcome }) => outcome === 'fail')).toStrictEqual([]);
  });

  test.each(Object.entries(faultsOfQueues))('catches %s', async (fault, caughtBy) => {
    // Two of them leave somebody waiting.
    const timeout = /never|lost-at-close/.test(fault) ? 500 : undefined;
    const verdictOnIt = await verdictOn(caughtBy, async () => queuedBackend(fault as QueueFault), timeout);
    expect(verdictOnIt).toStrictEqual({ passed: false, caughtBy });
  });
});

describe('the suite catches a backend that declares', () => {
  test.each([
    { subnormals: 'sometimes' },
    { contraction: 'always' },
    { threads: 0 },
    { threads: 1.5 },
    { dtypes: ['float32', 'float32'] },
  ])('%o', async (declared) => {
    const names = ['errors/capabilities/declared'];
    const opened = (): Promise<Backend> => open(undefined, declared as unknown as Partial<Capabilities>);
    expect(await verdictOn(names, opened)).toStrictEqual({ passed: false, caughtBy: names });
  });

  test('flushing, and flushes normal numbers too', async () => {
    const names = ['magnitude/smallest-normal/plain/float32'];
    const opened = (): Promise<Backend> => open('smallest-normal-flushed', { subnormals: 'flush' });
    expect(await verdictOn(names, opened)).toStrictEqual({ passed: false, caughtBy: names });
  });
});

describe('the suite catches an optimizer with the fault', () => {
  afterEach(() => restoreModules(Object.values(optimizerFaults)));

  test.each(Object.entries(faultsOfTheOptimizer))('%s', async (name, names) => {
    replaceModule(optimizerFaults[name as OptimizerFaultName]);
    expect(await verdict(names)).toStrictEqual({ passed: false, caughtBy: names });
  });
});

import type { Capabilities } from '@asgd/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Case } from '../src/case.ts';
import type { Report } from '../src/report.ts';
import type { Fault } from './mutants/faults.ts';
import { type Module, type OptimizerFaultName, optimizerFaults, withFault } from './mutants/optimizers.ts';

// A suite that passes everything proves nothing. Each mutant has one believable fault, and every case named beside
// it must catch it. Without the fault, the same backend passes them all and the rest of the suite.

const faults: Readonly<Record<Fault, readonly string[]>> = {
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
  'eta-of-the-first-for-all': ['properties/batch/float32', 'lifecycle/updates/late-joiner-starts-from-lr'],
  'products-fused': ['properties/split/float32', 'step/plain/float32/n=17'],
  'subnormals-flushed': ['magnitude/subnormal/plain/float32', 'magnitude/subnormal/plain/float64'],
  'view-kept-across-growth': ['lifecycle/tensors/survive-growing-memory'],
  'memory-not-cleared': ['lifecycle/tensors/new-memory-is-zero'],
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
  'average-favours-the-latest': ['mathematics/window/t0=-1/float32', 'mathematics/window/t0=2.5/float64'],
  'step-lost-on-resume': ['properties/resume/float32', 'properties/resume/complex128'],
  'options-loaded-before-checks': ['errors/state-dict/options', 'errors/state-dict/missing-keys'],
  'state-dict-shares-memory': ['lifecycle/checkpoints/independent'],
  'state-keyed-by-position': ['properties/order/float32', 'batch/missing-gradients/float32'],
  'missing-gradients-counted': ['lifecycle/updates/no-gradient-sits-out', 'batch/missing-gradients/float32'],
  'groups-checked-one-by-one': ['errors/options/edited/lr', 'errors/disposed/step'],
  'iterate-lost-in-exchange': ['properties/exchange/float32', 'lifecycle/averages/swap'],
};

/** All but the largest tensors, and but the repetitions of cases against other references and in other manners. */
function isQuick({ id }: Case): boolean {
  return !/^(vectors|resumed-always|odd-offsets|chunks)\/|n=\d{4,}/.test(id);
}

/** Runs cases over the small backend, loading whatever has been reset: its modules may have been replaced. */
async function examine(
  isIncluded: (item: Case) => boolean,
  fault?: Fault,
  declared?: Partial<Capabilities>,
): Promise<Report> {
  const { run } = await import('../src/run.ts');
  const { allCases } = await import('../src/cases/index.ts');
  const { smallBackend } = await import('./mutants/kernels.ts');
  const cases = (await allCases()).filter(isIncluded);
  return run({ name: fault ?? 'no fault', open: () => smallBackend(fault, declared) }, { cases });
}

/** What speaks against the backend, of all quick cases. */
async function failures(fault?: Fault, declared?: Partial<Capabilities>): Promise<readonly string[]> {
  const { rows, problems } = await examine(isQuick, fault, declared);
  return [
    ...problems,
    ...rows.flatMap(({ id, outcome, error }) => (outcome === 'fail' ? [`${id}: ${error}`] : [])),
  ];
}

/** The verdict on a mutant, and which of the cases that should catch it do. */
async function verdict(names: readonly string[], fault?: Fault): Promise<Verdict> {
  const { rows, passed } = await examine(({ id }) => names.includes(id), fault);
  return {
    passed,
    caughtBy: names.filter((name) => rows.some(({ id, outcome }) => id === name && outcome === 'fail')),
  };
}

interface Verdict {
  readonly passed: boolean;
  readonly caughtBy: readonly string[];
}

describe('the suite passes', { timeout: 120_000 }, () => {
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

describe('the suite catches a backend with the fault', { timeout: 120_000 }, () => {
  test.each(Object.entries(faults))('%s', async (fault, names) => {
    expect(await verdict(names, fault as Fault)).toStrictEqual({ passed: false, caughtBy: names });
  });
});

describe('the suite catches an optimizer with the fault', { timeout: 120_000 }, () => {
  afterEach(() => {
    for (const { module } of Object.values(optimizerFaults)) vi.doUnmock(pathOf(module));
    vi.resetModules();
  });

  test.each(Object.entries(faultsOfTheOptimizer))('%s', async (name, names) => {
    const fault = optimizerFaults[name as OptimizerFaultName];
    vi.resetModules();
    vi.doMock(pathOf(fault.module), async (importHonest) => withFault(await importHonest<Module>(), fault));
    expect(await verdict(names)).toStrictEqual({ passed: false, caughtBy: names });
  });
});

function pathOf(module: string): string {
  return new URL(`../../core/src/${module}`, import.meta.url).pathname;
}

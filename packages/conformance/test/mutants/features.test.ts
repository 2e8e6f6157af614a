import { afterEach, describe, expect, test } from 'vitest';
import { allCases } from '../../src/cases/index.ts';
import { type DictionaryFaultName, dictionaryFaults } from './dictionaries.ts';
import { type HookFaultName, hookFaults } from './hooks.ts';
import type { DeviceFault } from './device.ts';
import type { OptimizerFault } from './optimizers.ts';
import { type RecordingFaultName, recordingFaults } from './recordings.ts';
import { type ValueFaultName, valueFaults } from './values.ts';
import { examine, replaceModule, restoreModules, verdictOn } from './verdict.ts';

// Mutants of everything around the update. Every case named next to a fault must catch it. What no kernel is needed for
// is up to core's own tests, which have mutants too.

const faultsOfHooks: Readonly<Record<HookFaultName, readonly string[]>> = {
  'replaced-arguments-ignored': ['hooks/step/replaced-arguments'],
  'closure-after-the-update': ['lifecycle/closures/gradients-of-the-closure-count'],
  'async-closure-not-awaited': [
    'lifecycle/closures/gradients-of-the-closure-count',
    'lifecycle/closures/overlapping',
  ],
};

const faultsOfRecordings: Readonly<Record<RecordingFaultName, readonly string[]>> = {
  'replay-with-the-gradients-of-the-recording': [
    'capturable/recording/gradients-are-live',
    'capturable/replay/plain/float32',
  ],
  'replay-with-the-options-of-today': [
    'capturable/recording/options-are-kept',
    'capturable/recording/gradients-are-live',
    'capturable/recording/participants-are-kept',
  ],
  'recording-takes-the-step': ['capturable/recording/takes-no-step', 'capturable/replay/plain/float64'],
  'recording-of-any-group': ['errors/capturable/group-that-is-not'],
  'backward-without-penalty': ['differentiating/closed-form/two-steps/float32'],
  'backward-without-mu': ['differentiating/closed-form/two-steps/float32'],
  'backward-without-averages': [
    'differentiating/closed-form/two-steps/float64',
    'differentiating/closed-form/one-step/of-both/float32',
  ],
  'derivatives-by-averages-lost': ['differentiating/tape/in-parts'],
  'backward-without-maximize': ['differentiating/closed-form/one-step/maximize/float32'],
  'backward-with-constant-eta': [
    'differentiating/closed-form/two-steps/float32',
    'differentiating/groups/lr-edited',
  ],
  'backward-with-the-lr-of-today': ['differentiating/groups/lr-edited'],
  'backward-in-the-wrong-group': [
    'differentiating/groups/independent',
    'differentiating/groups/only-those-recorded',
  ],
  'steps-counted-backward': ['differentiating/through/order', 'differentiating/through/added'],
  'tape-lost-on-failure': ['differentiating/tape/kept-by-failures', 'errors/differentiating/seeds'],
  'tape-never-cleared': ['differentiating/tape/cleared', 'differentiating/tape/forgotten-when-loading'],
};

const faultsOfValues: Readonly<Record<ValueFaultName, readonly string[]>> = {
  'mus-not-written': ['functional/in-place', 'properties/functional/float32'],
  'average-left-until-needed': ['functional/in-place', 'properties/functional/float64'],
  'averages-made-at-once': ['functional/late-average'],
  'tensor-lr-read-once': [
    'tensor-lr/edited/step/float32',
    'tensor-lr/edited/replay/float64',
    'functional/tensor-lr',
  ],
  'tensor-lr-replaced-by-loading': ['tensor-lr/dictionary/written-into-the-tensor'],
  'tensor-lr-of-any-size-in-groups': ['errors/tensor-lr/form'],
  'groups-given-are-written': ['lifecycle/groups/defaults'],
  'averages-lost-with-the-optimizer': ['lifecycle/averages/disposed-while-swapped'],
  'group-added-with-the-lr-of-the-first': ['lifecycle/groups/added-later'],
};

const faultsOfDictionaries: Readonly<Record<DictionaryFaultName, readonly string[]>> = {
  'missing-flags-kept': ['lifecycle/checkpoints/older'],
  'zero-grad-of-the-first-group': ['lifecycle/groups/zero-grad'],
  'spare-of-another-dtype': ['lifecycle/averages/swap-of-two-dtypes'],
  'updated-gradients-accepted': ['errors/gradients/updated-in-the-same-step'],
  'thenables-not-awaited': ['lifecycle/closures/thenables', 'lifecycle/averages/with-averages-of-thenables'],
  'numbers-as-json-leaves-them': ['lifecycle/checkpoints/json'],
};

const faultsOfDevices: Readonly<Record<DeviceFault, readonly string[]>> = {
  'eta-too-coarse': ['capturable/step/defaults/float32', 'tensor-lr/[1]/averaging/float32'],
  'mu-too-coarse': ['capturable/step/plain/float32', 'capturable/replay/t0=2.5/float64'],
  'mu-nearly-1': ['capturable/step/defaults/float32', 'capturable/replay/t0=Infinity/float32'],
  'average-always-blended': ['capturable/step/defaults/float32', 'capturable/replay/plain/float64'],
  'steps-counted-in-float32': ['capturable/state/counts-beyond-float32'],
  'steps-without-carry': ['capturable/state/counts-beyond-float32'],
  'steps-in-two-digits': ['capturable/state/counts-beyond-float32'],
  'steps-of-empty-tensors-not-counted': [
    'capturable/batch/late-joiners/float32',
    'capturable/batch/foreach=false/float64',
  ],
  'counters-of-the-first-for-all': [
    'capturable/batch/late-joiners/float32',
    'capturable/batch/groups/float64',
  ],
  'lr-of-the-first-step-kept': ['tensor-lr/edited/step/float32', 'tensor-lr/edited/replay/float32'],
  'first-eta-as-stored': ['tensor-lr/[]/averaging/float32', 'tensor-lr/late-joiner'],
  'lr-acts-at-once': ['capturable/step/plain/float32', 'tensor-lr/edited/replay/float64'],
  'decay-from-rounded-product': ['capturable/step/decay<0/float32', 'capturable/step/plain/float64'],
};

describe('the cases named', () => {
  test('are all of the suite', async () => {
    const ids = new Set((await allCases()).map(({ id }) => id));
    const named = [
      faultsOfHooks,
      faultsOfRecordings,
      faultsOfValues,
      faultsOfDictionaries,
      faultsOfDevices,
    ].flatMap((faults) => Object.values<readonly string[]>(faults).flat());
    expect(named.filter((id) => !ids.has(id))).toStrictEqual([]);
  });
});

describe.each([
  ['hooks and closures', faultsOfHooks, hookFaults],
  ['steps that are recorded', faultsOfRecordings, recordingFaults],
  ['dictionaries and groups', faultsOfDictionaries, dictionaryFaults],
  ['the functional form, tensor learning rates and groups', faultsOfValues, valueFaults],
] as const)('the suite catches, in %s,', (_, names, faults: Readonly<Record<string, OptimizerFault>>) => {
  afterEach(() => restoreModules(Object.values(faults)));

  test.each(Object.entries(names))('%s', async (name, caughtBy) => {
    const fault = faults[name];
    if (!fault) throw new Error(`There is no fault ${name}.`);
    replaceModule(fault);
    const { smallBackend } = await import('./kernels.ts');
    expect(await verdictOn(caughtBy, async () => smallBackend())).toStrictEqual({ passed: false, caughtBy });
  });
});

describe('of devices that compute the schedule, the suite', () => {
  test('passes one without a fault, even if its schedule is as far off as allowed', async () => {
    const { deviceBackend } = await import('./device.ts');
    const isQuick = ({ id }: { readonly id: string }): boolean =>
      !/^(thorough|vectors|resumed-always|odd-offsets|chunks)\/|n=\d{4,}|^mathematics/.test(id);
    const { rows, problems } = await examine(isQuick, async () => deviceBackend());
    expect(problems).toStrictEqual([]);
    expect(rows.filter(({ outcome }) => outcome === 'fail')).toStrictEqual([]);
  });

  test('catches an optimizer that passes on an lr of another backend', async () => {
    const fault: OptimizerFault = {
      module: 'learning-rate.ts',
      exports: () => ({ learningRate: ({ lr }: { readonly lr: unknown }) => lr }),
    };
    const courses = ['capturable', 'capturable-once', 'replay'];
    const caughtBy = courses.map((course) => `tensor-lr/on-another-backend/${course}`);
    replaceModule(fault);
    try {
      const { deviceBackend } = await import('./device.ts');
      expect(await verdictOn(caughtBy, async () => deviceBackend())).toStrictEqual({
        passed: false,
        caughtBy,
      });
    } finally {
      restoreModules([fault]);
    }
  });

  test.each(Object.entries(faultsOfDevices))('catches %s', async (fault, caughtBy) => {
    const { deviceBackend } = await import('./device.ts');
    const verdict = await verdictOn(caughtBy, async () => deviceBackend(fault as DeviceFault));
    expect(verdict).toStrictEqual({ passed: false, caughtBy });
  });
});

import type { DType } from '@asgd/core';
import type { Case } from '../../case.ts';
import { trainExactly } from '../../exact.ts';
import { withFixedGradient } from '../../placement.ts';
import type { Mode } from '../../run-trace.ts';
import type { GroupSpec, StepSpec, Trace, TraceOptions } from '../../trace.ts';
import { batchTrace, type Layout } from '../arithmetic/batches.ts';
import { allVariants, complexDTypes, realDTypes, singleTrace, variants } from '../arithmetic/traces.ts';

const spec = 'Capturable';

/** Long enough for every t0 here to begin averaging, except those that never do. */
const steps = 10;

const throughAveraging: Partial<TraceOptions> = { lr: 0.05, lambd: 0.01, t0: 2 };

/** PyTorch's inputs to its tests of capturable, but past the start of averaging; and every kind of schedule. */
const runs: Readonly<Record<string, Partial<TraceOptions>>> = {
  defaults: {},
  ...Object.fromEntries(
    allVariants.map((variant) => [variant, { ...throughAveraging, ...variants[variant] }]),
  ),
  't0=-1': { t0: -1, lambd: 0.1 },
  't0=0.5': { t0: 0.5 },
  't0=2.5': { t0: 2.5, lr: 1 },
  't0=Infinity': { t0: Infinity },
  'alpha=0': { alpha: 0, lambd: 0.1, t0: 1 },
  'alpha=1': { alpha: 1, lambd: 0.1, t0: 1 },
  // A power this large makes every bit of its base matter.
  'alpha=2000': { alpha: 2000, lr: 0.1, lambd: 1e-3, t0: 1 },
  'lambd=0': { lambd: 0, t0: 1 },
  'lr=0': { lr: 0, t0: 1 },
  'lr=1e4': { lr: 1e4, lambd: 1e-7, t0: 1 },
  'lr=1e-6': { lr: 1e-6, t0: 1 },
  // 1 - lambd * eta is negative at first, and is not clamped.
  'decay<0': { lr: 2, lambd: 0.9, t0: 1 },
};

function scheduled(id: string, dtype: DType, mode: Mode, makeTrace: () => Trace): Case {
  return {
    id: `capturable/${id}/${dtype}`,
    spec,
    needs: { dtypes: [dtype], schedules: true },
    run: (context) =>
      trainExactly(makeTrace(), context, { capturable: true, placement: withFixedGradient, ...mode }),
  };
}

function single(name: string, dtype: DType, calls: 'step' | 'replay'): Case {
  const id = `${calls}/${name}`;
  return scheduled(id, dtype, { steps: calls }, () =>
    singleTrace(id, dtype, [37], runs[name] ?? {}, { steps }),
  );
}

/** Options set between steps act as they do on the host: lr one step late, the others at once. */
function edited(dtype: DType): Case {
  const edits: Readonly<Record<number, Partial<TraceOptions>>> = {
    2: { lr: 0.3 },
    4: { weightDecay: 0.2, maximize: true },
    6: { lambd: 0.3, alpha: 0.5 },
    8: { t0: 5 },
  };
  return scheduled('step/edited', dtype, {}, () => {
    const trace = singleTrace('edited', dtype, [13], { lr: 0.1, lambd: 0.01, t0: 1 }, { steps });
    const edit = (step: StepSpec, index: number): StepSpec => {
      const options = edits[index + 1];
      return options ? { ...step, options: [options] } : step;
    };
    return { ...trace, steps: trace.steps.map(edit) };
  });
}

/** Many tensors, with one history or several. The steps of an empty tensor count too. */
function batch(name: string, dtype: DType, layout: Partial<Layout>, mode: Mode = {}): Case {
  return scheduled(`batch/${name}`, dtype, mode, () =>
    batchTrace(name, {
      dtypes: [dtype],
      lengths: [33, 7, 64, 0, 5, 1],
      groups: [{ parameters: [0, 1, 2, 3, 4, 5], options: { lr: 0.05, lambd: 0.01, t0: 0 } }],
      steps: 9,
      ...layout,
    }),
  );
}

const ofTheirOwn: readonly GroupSpec[] = [
  { parameters: [0, 3], options: { lr: 0.05, lambd: 0.01, t0: 0, weightDecay: 0.1 } },
  { parameters: [1, 2], options: { lr: 0.3, maximize: true, t0: -1 } },
  { parameters: [4, 5], options: { lr: 0.01, alpha: 0.5, lambd: 0.2, t0: 3 } },
];

const batches: readonly Case[] = realDTypes.flatMap((dtype) => [
  batch('late-joiners', dtype, { hasGradient: (parameter, step) => step >= parameter }),
  batch('missing-gradients', dtype, {
    hasGradient: (parameter, step) => (step + 1) % (parameter + 1) === 0,
  }),
  batch('foreach=false', dtype, {}, { foreach: false }),
  batch('groups', dtype, { groups: ofTheirOwn }, { foreach: true }),
  batch('replay', dtype, { groups: ofTheirOwn }, { steps: 'replay' }),
]);

export const capturableTraining: readonly Case[] = [
  ...realDTypes.flatMap((dtype) =>
    Object.keys(runs).flatMap((name) => [single(name, dtype, 'step'), single(name, dtype, 'replay')]),
  ),
  ...complexDTypes.flatMap((dtype) => [
    single('weight-decay+maximize', dtype, 'step'),
    single('weight-decay+maximize', dtype, 'replay'),
  ]),
  ...realDTypes.map(edited),
  ...batches,
];

import type { RealDType } from '@asgd/core';
import type { Trace, TraceOptions } from '../../trace.ts';
import type { TrainingCase } from '../../training-case.ts';
import { exactCase, realDTypes, singleTrace } from './traces.ts';

/** Long enough for every t0 here to begin averaging, except those that never do. */
const steps = 14;

const schedules: Readonly<Record<string, Partial<TraceOptions>>> = {
  defaults: {},
  't0=-1': { t0: -1 },
  // So many updates behind it that an average hardly moves, and one that stands still.
  't0=-1e7': { t0: -1e7 },
  't0=-1e15': { t0: -1e15 },
  't0=0': { t0: 0 },
  't0=0.5': { t0: 0.5 },
  't0=2.5': { t0: 2.5 },
  't0=5': { t0: 5 },
  't0=Infinity': { t0: Infinity },
  'alpha=0': { alpha: 0, lambd: 0.1, t0: 1 },
  'alpha=1': { alpha: 1, lambd: 0.1, t0: 1 },
  'lambd=0': { lambd: 0, t0: 1 },
  'lr=0': { lr: 0, t0: 1 },
  'lr=1e4': { lr: 1e4, lambd: 1e-7, t0: 1 },
  'lr=1e9': { lr: 1e9, lambd: 1e-12, t0: 1 },
  'weight-decay=1e9': { lr: 1e-9, lambd: 0, t0: 1, weightDecay: 1e9 },
  // 1 - lambd * eta is negative at first, and is not clamped.
  'decay<0': { lr: 2, lambd: 0.9, t0: 1 },
};

/** Options to set before a step, keyed by the number of the step. */
const edits: Readonly<
  Record<
    string,
    { readonly options: Partial<TraceOptions>; readonly at: Readonly<Record<number, Partial<TraceOptions>>> }
  >
> = {
  'lr-edited': {
    options: { lr: 1, lambd: 0, t0: 1 },
    at: { 2: { lr: 2 }, 3: { lr: 3 }, 4: { lr: 4 }, 5: { lr: 5 } },
  },
  'every-option-edited': {
    options: { lr: 0.1, lambd: 0.01, t0: 2 },
    at: {
      3: { weightDecay: 0.2 },
      5: { maximize: true },
      7: { alpha: 0.3 },
      9: { lambd: 0.3 },
      11: { weightDecay: 0, maximize: false },
    },
  },
  // Averaging stops, so the average is the parameter again; then averaging starts over.
  't0-postponed': { options: { t0: 1 }, at: { 6: { t0: 1e6 }, 9: { t0: 4 } } },
};

function scheduled(name: string, dtype: RealDType, options: Partial<TraceOptions>): TrainingCase {
  return exactCase(
    `schedule/${name}/${dtype}`,
    [dtype],
    (id) => singleTrace(id, dtype, [13], options, { steps }),
    'Schedule',
  );
}

function edited(name: string, dtype: RealDType): TrainingCase {
  const { options = {}, at = {} } = edits[name] ?? {};
  const makeTrace = (id: string): Trace => {
    const trace = singleTrace(id, dtype, [13], options, { steps });
    return {
      ...trace,
      steps: trace.steps.map((step, index) => {
        const edit = at[index + 1];
        return edit ? { ...step, options: [edit] } : step;
      }),
    };
  };
  return exactCase(`schedule/${name}/${dtype}`, [dtype], makeTrace, 'Schedule');
}

/** The values of eta and mu, step by step, and when a changed option takes effect. */
export const scheduleCases: readonly TrainingCase[] = realDTypes.flatMap((dtype) => [
  ...Object.entries(schedules).map(([name, options]) => scheduled(name, dtype, options)),
  ...Object.keys(edits).map((name) => edited(name, dtype)),
]);

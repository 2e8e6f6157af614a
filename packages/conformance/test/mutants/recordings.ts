import type { CapturedStep, Parameter, RealArray, Tensor } from '@asgd/core';
import type { Module, OptimizerFault } from './optimizers.ts';

// Faults of captured steps and of steps recorded for differentiating.

export type RecordingFaultName =
  | 'replay-with-the-gradients-of-the-recording'
  | 'replay-with-the-options-of-today'
  | 'recording-takes-the-step'
  | 'recording-of-any-group'
  | 'backward-without-penalty'
  | 'backward-without-mu'
  | 'backward-without-averages'
  | 'derivatives-by-averages-lost'
  | 'backward-without-maximize'
  | 'backward-with-constant-eta'
  | 'backward-with-the-lr-of-today'
  | 'backward-in-the-wrong-group'
  | 'steps-counted-backward'
  | 'tape-lost-on-failure'
  | 'tape-never-cleared';

/** What the faults know of it. */
declare class Optimizer {
  readonly paramGroups: readonly { readonly params: readonly Parameter[]; capturable: boolean }[];
  step(): unknown;
  capture(): CapturedStep;
  clearTape(): void;
  backward(...given: unknown[]): Promise<unknown>;
}

interface RecordedUpdate {
  readonly groupIndex: number;
  readonly group: { readonly weightDecay: number; readonly maximize: boolean };
  readonly scalars: object;
  readonly origin: { readonly lr: number; readonly lambd: number } | null;
}

interface Seeds {
  readonly parameters?: unknown;
}

type Through = (gradients: unknown, step: number) => unknown;
type Tape = readonly (readonly RecordedUpdate[])[];
type Differentiate = (
  tape: Tape,
  groups: readonly Group[],
  seeds: Seeds,
  through: Through,
) => Promise<unknown>;

interface Group {
  readonly lr: number | Tensor;
}

export const recordingFaults: Readonly<Record<RecordingFaultName, OptimizerFault>> = {
  'replay-with-the-gradients-of-the-recording': optimizing(
    (Honest) =>
      class extends Honest {
        override capture(): CapturedStep {
          const captured = super.capture();
          const gradients = this.paramGroups.flatMap(({ params }) =>
            params.flatMap(({ grad }) => grad ?? []),
          );
          const recorded = gradients.map(valuesOf);
          return {
            replay() {
              const now = gradients.map(valuesOf);
              gradients.forEach((gradient, index) => gradient.write(recorded[index] ?? []));
              captured.replay();
              gradients.forEach((gradient, index) => gradient.write(now[index] ?? []));
            },
          };
        }
      },
  ),
  'replay-with-the-options-of-today': optimizing(
    (Honest) =>
      class extends Honest {
        override capture(): CapturedStep {
          super.capture();
          return { replay: () => this.step() };
        }
      },
  ),
  'recording-takes-the-step': optimizing(
    (Honest) =>
      class extends Honest {
        override capture(): CapturedStep {
          const captured = super.capture();
          captured.replay();
          return captured;
        }
      },
  ),
  'recording-of-any-group': optimizing(
    (Honest) =>
      class extends Honest {
        override capture(): CapturedStep {
          for (const group of this.paramGroups) group.capturable = true;
          return super.capture();
        }
      },
  ),
  'backward-without-penalty': recording((update) => ({ group: { ...update.group, weightDecay: 0 } })),
  'backward-without-mu': recording(({ scalars }) => ({ scalars: { ...scalars, averaging: 'copy', mu: 1 } })),
  'backward-without-averages': differentiating((honest, tape, groups, { parameters }, through) =>
    honest(tape, groups, { parameters }, through),
  ),
  'derivatives-by-averages-lost': differentiating(async (honest, ...given) => {
    const result = await honest(...given);
    return { ...(result as object), averages: new Map() };
  }),
  'backward-without-maximize': recording((update) => ({ group: { ...update.group, maximize: false } })),
  'backward-with-constant-eta': recording(() => ({ origin: null })),
  'backward-with-the-lr-of-today': differentiating((honest, tape, groups, ...rest) => {
    const wrong = tape.map((step) =>
      step.map((update) => ({
        ...update,
        origin: update.origin && { ...update.origin, lr: Number(groups[update.groupIndex]?.lr) },
      })),
    );
    return honest(wrong, groups, ...rest);
  }),
  'backward-in-the-wrong-group': recording(() => ({ groupIndex: 0 })),
  'steps-counted-backward': differentiating((honest, tape, groups, seeds, through) =>
    honest(tape, groups, seeds, (gradients, step) => through(gradients, tape.length - 1 - step)),
  ),
  'tape-lost-on-failure': optimizing(
    (Honest) =>
      class extends Honest {
        override async backward(...given: unknown[]): Promise<unknown> {
          return super.backward(...given).catch((error: unknown) => {
            this.clearTape();
            throw error;
          });
        }
      },
  ),
  'tape-never-cleared': optimizing(
    (Honest) =>
      class extends Honest {
        override clearTape(): void {}
      },
  ),
};

function valuesOf(tensor: Tensor): RealArray {
  return tensor.view().slice();
}

function optimizing(wrong: (Honest: typeof Optimizer) => unknown): OptimizerFault {
  return {
    module: 'asgd.ts',
    exports: ({ ASGD }: Module) => ({ ASGD: wrong(ASGD as typeof Optimizer) }),
  };
}

function differentiating(
  wrong: (honest: Differentiate, ...given: Parameters<Differentiate>) => Promise<unknown>,
): OptimizerFault {
  return {
    module: 'backward.ts',
    exports: ({ differentiate }: Module) => ({
      differentiate: (...given: Parameters<Differentiate>) => wrong(differentiate as Differentiate, ...given),
    }),
  };
}

/** Records something else than what every update did. */
function recording(wrong: (update: RecordedUpdate) => object): OptimizerFault {
  return differentiating((honest, tape, ...rest) =>
    honest(
      tape.map((step) => step.map((update) => ({ ...update, ...wrong(update) }))),
      ...rest,
    ),
  );
}

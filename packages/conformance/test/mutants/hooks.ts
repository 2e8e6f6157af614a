import type { StepArguments } from '@asgd/core';
import type { Module, OptimizerFault } from './optimizers.ts';

// Faults of what runs around a step and changes what it computes: hooks and closures.

export type HookFaultName =
  'replaced-arguments-ignored' | 'closure-after-the-update' | 'async-closure-not-awaited';

/** What the faults know of it. */
declare class Hookable {
  protected beforeStep(args: StepArguments): StepArguments;
}

declare class Optimizer extends Hookable {
  step(closure?: () => unknown): unknown;
}

export const hookFaults: Readonly<Record<HookFaultName, OptimizerFault>> = {
  'replaced-arguments-ignored': hooking(
    (Honest) =>
      class extends Honest {
        protected override beforeStep(args: StepArguments): StepArguments {
          super.beforeStep(args);
          return args;
        }
      },
  ),
  'closure-after-the-update': stepping(
    (Honest) =>
      class extends Honest {
        override step(closure?: () => unknown): unknown {
          super.step();
          return closure?.();
        }
      },
  ),
  'async-closure-not-awaited': stepping(
    (Honest) =>
      class extends Honest {
        override step(closure?: () => unknown): unknown {
          if (!closure) return super.step();
          const [loss] = [super.step(() => [closure()])].flat();
          return loss;
        }
      },
  ),
};

function hooking(wrong: (Honest: typeof Hookable) => unknown): OptimizerFault {
  return {
    module: 'hooks.ts',
    exports: ({ Hookable: Honest }: Module) => ({ Hookable: wrong(Honest as typeof Hookable) }),
  };
}

function stepping(wrong: (Honest: typeof Optimizer) => unknown): OptimizerFault {
  return {
    module: 'asgd.ts',
    exports: ({ ASGD }: Module) => ({ ASGD: wrong(ASGD as typeof Optimizer) }),
  };
}

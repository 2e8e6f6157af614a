import type { Tensor } from '@asgd/core';
import type { Module, OptimizerFault } from './optimizers.ts';

// Faults of the optimizer that show when a backend fails.

export type CoreFailureFaultName =
  'half-swapped' | 'rates-loaded-one-by-one' | 'counters-advanced-by-failed-steps';

interface State {
  readonly average: unknown;
  readonly cohort: { readonly counters: { step: number } } | undefined;
}

interface Memory {
  readonly stepped: ReadonlyMap<unknown, State>;
}

interface Dictionary {
  readonly paramGroups: readonly { readonly lr: number }[];
}

export const coreFailureFaults: Readonly<Record<CoreFailureFaultName, OptimizerFault>> = {
  'half-swapped': {
    module: 'swap.ts',
    exports: ({ swap }: Module) => ({
      swap(states: readonly State[]) {
        for (const state of states) (swap as (some: readonly State[]) => void)([state]);
      },
    }),
  },
  'rates-loaded-one-by-one': {
    module: 'load-state.ts',
    exports: ({ loadState }: Module) => ({
      loadState(dict: Dictionary, groups: readonly { readonly lr: number | Tensor }[], ...rest: unknown[]) {
        groups.forEach(({ lr }, index) => {
          if (typeof lr !== 'number') lr.write([dict.paramGroups[index]?.lr ?? NaN]);
        });
        (loadState as (...given: unknown[]) => void)(dict, groups, ...rest);
      },
    }),
  },
  'counters-advanced-by-failed-steps': {
    module: 'step.ts',
    exports: ({ takeStep }: Module) => ({
      takeStep(groups: unknown, memory: Memory, ...rest: unknown[]) {
        try {
          (takeStep as (...given: unknown[]) => void)(groups, memory, ...rest);
        } catch (error) {
          for (const { cohort } of memory.stepped.values()) if (cohort) cohort.counters.step++;
          throw error;
        }
      },
    }),
  },
};

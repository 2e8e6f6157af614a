import type { Tensor } from '@asgd/core';
import type { Fault, Module } from './fault.ts';

// Faults of what is checked, and when: halfway through, or not at all.

export type CheckFaultName =
  'groups-checked-one-by-one' | 'functional-checks-one-by-one' | 'defaults-not-frozen';

interface Memory {
  /** By group. */
  readonly cohorts: readonly unknown[];
}

type Step = (groups: readonly object[], memory: Memory, ...rest: unknown[]) => void;
type Functional = (
  params: readonly Tensor[],
  grads: readonly Tensor[],
  axs: readonly Tensor[],
  mus: number[],
  etas: number[],
  stateSteps: number[],
  options?: object,
) => void;

/** What the faults know of it. */
declare class Optimizer {
  constructor(params: unknown, options?: object);
  readonly defaults: object;
}

export const checkFaults: Readonly<Record<CheckFaultName, Fault>> = {
  'groups-checked-one-by-one': {
    module: 'step.ts',
    exports: ({ takeStep }: Module) => ({
      takeStep: (...[groups, memory, ...rest]: Parameters<Step>) => {
        groups.forEach((group, index) =>
          (takeStep as Step)([group], { ...memory, cohorts: [memory.cohorts[index]] }, ...rest),
        );
      },
    }),
  },
  'functional-checks-one-by-one': {
    module: 'functional.ts',
    exports: ({ asgd }: Module) => ({
      asgd: (...[params, grads, axs, mus, etas, steps, options]: Parameters<Functional>) => {
        const honest = asgd as Functional;
        honest([], [], [], [], [], [], options);
        for (const index of params.keys()) {
          const pick = <Item>(items: readonly Item[]): Item[] => items.slice(index, index + 1);
          const numbers = [pick(mus), pick(etas), pick(steps)] as const;
          honest(pick(params), pick(grads), pick(axs), ...numbers, options);
          [mus, etas, steps].forEach((list, at) => (list[index] = numbers[at]?.[0] ?? NaN));
        }
      },
    }),
  },
  'defaults-not-frozen': {
    module: 'asgd.ts',
    exports: ({ ASGD }: Module) => ({
      ASGD: class extends (ASGD as typeof Optimizer) {
        constructor(...given: ConstructorParameters<typeof Optimizer>) {
          super(...given);
          Object.defineProperty(this, 'defaults', { value: { ...this.defaults } });
        }
      },
    }),
  },
};

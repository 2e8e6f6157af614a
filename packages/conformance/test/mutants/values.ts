import type { Tensor } from '@asgd/core';
import type { Module, OptimizerFault } from './optimizers.ts';

// Faults of the functional form, of a learning rate in a tensor, and of groups and their disposal.

export type ValueFaultName =
  | 'mus-not-written'
  | 'average-left-until-needed'
  | 'averages-made-at-once'
  | 'tensor-lr-read-once'
  | 'tensor-lr-replaced-by-loading'
  | 'tensor-lr-of-any-size-in-groups'
  | 'groups-given-are-written'
  | 'averages-lost-with-the-optimizer'
  | 'group-added-with-the-lr-of-the-first';

type Functional = (
  params: readonly Tensor[],
  grads: readonly Tensor[],
  axs: readonly Tensor[],
  mus: number[],
  etas: number[],
  stateSteps: number[],
  options?: object,
) => void;

interface Group {
  lr: number | Tensor;
}

/** What the faults know of it. */
declare class Optimizer {
  readonly swapped: boolean;
  swapAverages(): void;
  dispose(): void;
}

export const valueFaults: Readonly<Record<ValueFaultName, OptimizerFault>> = {
  'mus-not-written': calling((honest, params, grads, axs, mus, ...rest) =>
    honest(params, grads, axs, mus?.slice(), ...rest),
  ),
  // An optimizer does this too, where it makes no difference.
  'average-left-until-needed': calling((honest, params, grads, axs, mus, ...rest) => {
    const before = axs.map((ax, index) => (mus[index] === 1 ? ax.view().slice() : null));
    honest(params, grads, axs, mus, ...rest);
    before.forEach((values, index) => values && axs[index]?.write(values));
  }),
  'averages-made-at-once': calling((honest, params, grads, axs, ...rest) => {
    const made = axs.map((ax) => (typeof ax === 'function' ? (ax as () => Tensor)() : ax));
    honest(params, grads, made, ...rest);
  }),
  'tensor-lr-read-once': {
    module: 'learning-rate.ts',
    exports({ learningRate }: Module) {
      const honest = learningRate as (group: Group, where: string) => unknown;
      const read = new Map<unknown, unknown>();
      return {
        learningRate(group: Group, where: string) {
          if (!read.has(group.lr)) read.set(group.lr, honest(group, where));
          return read.get(group.lr);
        },
      };
    },
  },
  'tensor-lr-replaced-by-loading': {
    module: 'load-state.ts',
    exports: ({ loadState }: Module) => ({
      loadState(dict: unknown, groups: readonly Group[], ...rest: unknown[]) {
        (loadState as (...given: unknown[]) => void)(dict, groups, ...rest);
        for (const group of groups) if (typeof group.lr !== 'number') group.lr = group.lr.view()[0] ?? NaN;
      },
    }),
  },
  'tensor-lr-of-any-size-in-groups': {
    module: 'options.ts',
    exports: ({ checkOptions }: Module) => ({
      checkOptions: (options: Group, where: string) => {
        const lr = typeof options.lr === 'object' && options.lr !== null ? 1 : options.lr;
        (checkOptions as (options: object, where: string) => void)({ ...options, lr }, where);
      },
    }),
  },
  // As PyTorch does.
  'groups-given-are-written': {
    module: 'groups.ts',
    exports: ({ makeGroup }: Module) => ({
      makeGroup: (input: object, defaults: object, ...rest: unknown[]): unknown => {
        const made = (makeGroup as (...given: unknown[]) => object)(input, defaults, ...rest);
        Object.assign(input, { ...defaults, ...input });
        return made;
      },
    }),
  },
  'averages-lost-with-the-optimizer': {
    module: 'asgd.ts',
    exports: ({ ASGD }: Module) => ({
      ASGD: class extends (ASGD as typeof Optimizer) {
        override dispose(): void {
          if (this.swapped) this.swapAverages();
          super.dispose();
        }
      },
    }),
  },
  'group-added-with-the-lr-of-the-first': {
    module: 'groups.ts',
    exports: ({ makeGroup }: Module) => ({
      makeGroup: (input: Group, defaults: object, groups: readonly Group[]): unknown => {
        const made = (makeGroup as (...given: unknown[]) => object)(input, defaults, groups);
        return { ...made, lr: input.lr ?? groups[0]?.lr ?? (made as Group).lr };
      },
    }),
  },
};

function calling(wrong: (honest: Functional, ...given: Parameters<Functional>) => void): OptimizerFault {
  return {
    module: 'functional.ts',
    exports: ({ asgd }: Module) => ({
      asgd: (...given: Parameters<Functional>) => wrong(asgd as Functional, ...given),
    }),
  };
}

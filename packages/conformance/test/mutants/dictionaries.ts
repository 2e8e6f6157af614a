import type { Parameter } from '@asgd/core';
import type { Module, OptimizerFault } from './optimizers.ts';

// Faults of loading, of groups and of swapping. They do not affect any update.

export type DictionaryFaultName =
  | 'missing-flags-kept'
  | 'zero-grad-of-the-first-group'
  | 'spare-of-another-dtype'
  | 'updated-gradients-accepted'
  | 'thenables-not-awaited'
  | 'numbers-as-json-leaves-them';

interface Group extends Record<string, unknown> {
  readonly params: readonly Parameter[];
}

interface Dictionary {
  readonly paramGroups: readonly Readonly<Record<string, unknown>>[];
}

interface State {
  readonly parameter: Parameter;
}

type Load = (dict: Dictionary, groups: readonly Group[], ...rest: unknown[]) => void;

/** What the faults know of it. */
declare class Optimizer {
  readonly paramGroups: readonly Group[];
  zeroGrad(options?: object): void;
}

export const dictionaryFaults: Readonly<Record<DictionaryFaultName, OptimizerFault>> = {
  'missing-flags-kept': loading((load, dict, groups, ...rest) => {
    const before = groups.map(({ foreach, maximize }) => ({ foreach, maximize }));
    load(dict, groups, ...rest);
    groups.forEach((group, index) => {
      for (const flag of ['foreach', 'maximize'] as const) {
        if (!(flag in (dict.paramGroups[index] ?? {}))) group[flag] = before[index]?.[flag];
      }
    });
  }),
  'zero-grad-of-the-first-group': optimizer((ASGD) => {
    return class extends ASGD {
      override zeroGrad(options?: object): void {
        const kept = this.paramGroups.slice(1).flatMap(({ params }) => params);
        const grads = kept.map(({ grad }) => grad);
        for (const parameter of kept) parameter.grad = null;
        super.zeroGrad(options);
        kept.forEach((parameter, index) => (parameter.grad = grads[index] ?? null));
      }
    };
  }),
  // What happens to float64 values in float32 scratch memory.
  'spare-of-another-dtype': {
    module: 'swap.ts',
    exports: ({ swap }: Module) => ({
      swap(states: readonly State[], ...rest: unknown[]) {
        const parameters = states.map(({ parameter }) => parameter);
        for (const parameter of parameters) {
          const isLike = ({ dtype, length }: Parameter): boolean =>
            dtype === 'float32' && length === parameter.length;
          if (parameter.dtype === 'float64' && parameters.some(isLike)) {
            parameter.write(parameter.view().map(Math.fround));
          }
        }
        (swap as (...given: unknown[]) => void)(states, ...rest);
      },
    }),
  },
  'updated-gradients-accepted': {
    module: 'gradient-order.ts',
    exports: () => ({ checkNotUpdated() {} }),
  },
  'thenables-not-awaited': {
    module: 'arguments.ts',
    exports: () => ({ isThenable: (value: unknown): boolean => value instanceof Promise }),
  },
  'numbers-as-json-leaves-them': {
    module: 'json.ts',
    exports: () => ({ withJson: <Plain>(plain: Plain): Plain => plain }),
  },
};

function loading(wrong: (honest: Load, ...given: Parameters<Load>) => void): OptimizerFault {
  return {
    module: 'load-state.ts',
    exports: ({ loadState }: Module) => ({
      loadState: (...given: Parameters<Load>) => wrong(loadState as Load, ...given),
    }),
  };
}

function optimizer(wrong: (honest: typeof Optimizer) => typeof Optimizer): OptimizerFault {
  return {
    module: 'asgd.ts',
    exports: ({ ASGD }: Module) => ({ ASGD: wrong(ASGD as typeof Optimizer) }),
  };
}

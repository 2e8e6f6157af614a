import type { Parameter } from '@asgd/core';
import type { Fault, Module } from './fault.ts';

// Faults of what a state dictionary leaves in the optimizer.

export type LoadingFaultName =
  'options-loaded-before-checks' | 'extra-loaded-without-a-copy' | 'eta-loaded-unrounded';

interface Group {
  readonly params: readonly Parameter[];
}

interface Dictionary {
  readonly state: Readonly<Record<string, { readonly eta: number }>>;
  readonly paramGroups: readonly Readonly<Record<string, unknown>>[];
}

interface Memory {
  readonly states: ReadonlyMap<
    Parameter,
    { readonly cohort: { readonly counters: { eta: number } } | undefined }
  >;
}

type Load = (dict: Dictionary, groups: readonly Group[], memory: Memory) => void;

export const loadingFaults: Readonly<Record<LoadingFaultName, Fault>> = {
  'options-loaded-before-checks': loading((load, dict, groups, memory) => {
    groups.forEach((group, index) => Object.assign(group, { lr: dict.paramGroups?.[index]?.['lr'] ?? 0 }));
    load(dict, groups, memory);
  }),
  'extra-loaded-without-a-copy': loading((load, dict, groups, memory) => {
    load(dict, groups, memory);
    groups.forEach((group, index) =>
      Object.assign(group, { extra: dict.paramGroups[index]?.['extra'] ?? {} }),
    );
  }),
  'eta-loaded-unrounded': loading((load, dict, groups, memory) => {
    load(dict, groups, memory);
    const parameters = groups.flatMap(({ params }) => params);
    for (const [index, parameter] of parameters.entries()) {
      const cohort = memory.states.get(parameter)?.cohort;
      const eta = dict.state[index]?.eta;
      if (cohort && eta !== undefined) cohort.counters.eta = eta;
    }
  }),
};

function loading(wrong: (honest: Load, ...given: Parameters<Load>) => void): Fault {
  return {
    module: 'load-state.ts',
    exports: ({ loadState }: Module) => ({
      loadState: (...given: Parameters<Load>) => wrong(loadState as Load, ...given),
    }),
  };
}

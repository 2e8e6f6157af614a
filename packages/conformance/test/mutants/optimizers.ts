import type { Parameter, Tensor } from '@asgd/core';

// Faults of the optimizer itself. A backend cannot have them, but a suite that is to tell whether a backend and
// core together compute averaged SGD must see them. Each replaces exports of one module of core.

/** A module of core, as far as the faults know it. */
export type Module = Readonly<Record<string, unknown>>;

export type OptimizerFaultName =
  | 'mu-starts-at-0'
  | 'eta-used-after-its-update'
  | 'alpha-on-the-step-alone'
  | 'eta-not-rounded'
  | 'averaging-begins-late'
  | 'averaging-begins-early'
  | 'average-forgets'
  | 'average-favours-the-latest'
  | 'step-lost-on-resume'
  | 'options-loaded-before-checks'
  | 'state-dict-shares-memory'
  | 'state-keyed-by-position'
  | 'missing-gradients-counted'
  | 'groups-checked-one-by-one'
  | 'iterate-lost-in-exchange';

export interface OptimizerFault {
  /** In core's `src`. */
  readonly module: string;
  /** The exports that are wrong. */
  exports(honest: Module): Module;
}

/** A module with a fault in place of what it honestly exports. */
export function withFault(honest: Module, { module, exports }: OptimizerFault): Module {
  const faulty = exports(honest);
  const unknown = Object.keys(faulty).filter((name) => !(name in honest));
  if (unknown.length > 0) throw new Error(`core's ${module} has no ${unknown.join()} now: renew the fault.`);
  return { ...honest, ...faulty };
}

interface Counters {
  readonly step: number;
  readonly eta: number;
  readonly mu: number;
}

interface Schedule {
  readonly lr: number;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
}

interface State {
  counters: Counters;
  readonly ax: Tensor;
}

interface Memories {
  readonly states: ReadonlyMap<Parameter, State>;
}

interface Group {
  readonly params: readonly Parameter[];
}

interface Average {
  readonly tensor: Tensor;
  exchanged: boolean;
}

interface Dictionary {
  readonly state: Readonly<Record<string, { readonly ax: object }>>;
  readonly paramGroups: readonly { readonly lr?: unknown }[];
}

type FirstCounters = (schedule: Schedule) => Counters;
type NextCounters = (counters: Counters, schedule: Schedule) => Counters;
type Load = (dict: Dictionary, groups: readonly Group[], memories: Memories) => void;
type Save = (groups: readonly Group[], memories: Memories, ...rest: unknown[]) => Promise<Dictionary>;
type Step = (groups: readonly Group[], memories: Memories, ...rest: unknown[]) => void;

export const optimizerFaults: Readonly<Record<OptimizerFaultName, OptimizerFault>> = {
  'mu-starts-at-0': {
    module: 'schedule.ts',
    exports: ({ firstCounters }) => ({
      firstCounters: (schedule: Schedule) => ({ ...(firstCounters as FirstCounters)(schedule), mu: 0 }),
    }),
  },
  'eta-used-after-its-update': {
    module: 'schedule.ts',
    exports({ firstCounters, nextCounters: honest }) {
      const first = firstCounters as FirstCounters;
      const next = honest as NextCounters;
      const later: NextCounters = (counters, schedule) => ({
        ...counters,
        eta: next(counters, schedule).eta,
      });
      return {
        firstCounters: (schedule: Schedule) => later(first(schedule), schedule),
        nextCounters: (counters: Counters, schedule: Schedule) => later(next(counters, schedule), schedule),
      };
    },
  },
  // PyTorch's foreach path until 2.4.
  'alpha-on-the-step-alone': nextCounters((next, { lr, lambd, alpha }) => ({
    ...next,
    eta: Math.fround(lr / (1 + lambd * lr * next.step ** alpha)),
  })),
  'eta-not-rounded': nextCounters((next, { lr, lambd, alpha }) => ({
    ...next,
    eta: lr / (1 + lambd * lr * next.step) ** alpha,
  })),
  'averaging-begins-late': nextCounters((next, { t0 }) => ({
    ...next,
    mu: Math.fround(1 / Math.max(1, next.step - 1 - t0)),
  })),
  'averaging-begins-early': nextCounters((next, { t0 }) => ({
    ...next,
    mu: Math.fround(1 / Math.max(1, next.step + 1 - t0)),
  })),
  // An exponential average in place of the mean.
  'average-forgets': nextCounters((next) => ({ ...next, mu: Math.max(next.mu, Math.fround(0.05)) })),
  // A mean in which iterate s has the weight s: polynomial decay averaging (Shamir and Zhang 2013).
  'average-favours-the-latest': nextCounters((next, { t0 }) => ({
    ...next,
    mu: Math.fround(Math.min(1, 2 / (Math.max(1, next.step - t0) + 1))),
  })),
  'step-lost-on-resume': loading((load, dict, groups, memories) => {
    load(dict, groups, memories);
    for (const state of memories.states.values()) state.counters = { ...state.counters, step: 0 };
  }),
  'options-loaded-before-checks': loading((load, dict, groups, memories) => {
    groups.forEach((group, index) => Object.assign(group, { lr: dict.paramGroups?.[index]?.lr ?? 0 }));
    load(dict, groups, memories);
  }),
  // As PyTorch's state dictionaries do.
  'state-dict-shares-memory': {
    module: 'save-state.ts',
    exports: ({ saveState }) => ({
      async saveState(...[groups, memories, ...rest]: Parameters<Save>) {
        const dict = await (saveState as Save)(groups, memories, ...rest);
        const parameters = groups.flatMap(({ params }) => params);
        parameters.forEach((parameter, index) => {
          const state = memories.states.get(parameter);
          if (state) Object.assign(dict.state[index]?.ax ?? {}, { values: state.ax.view() });
        });
        return dict;
      },
    }),
  },
  // The counters of the first, second, … parameter serve the first, second, … that has a gradient.
  'state-keyed-by-position': stepping((step, groups, memories) => {
    const parameters = groups.flatMap(({ params }) => params);
    const counters = parameters.map((parameter) => memories.states.get(parameter)?.counters);
    const present = parameters.filter(({ grad }) => grad !== null);
    present.forEach((parameter, position) => {
      const state = memories.states.get(parameter);
      const wrong = counters[position];
      if (state && wrong) state.counters = wrong;
    });
    step(groups);
  }),
  'missing-gradients-counted': stepping((step, groups, { states }) => {
    step(groups);
    for (const [{ grad }, state] of states) {
      if (grad === null) state.counters = { ...state.counters, step: state.counters.step + 1 };
    }
  }),
  'groups-checked-one-by-one': stepping((step, groups) => {
    for (const group of groups) step([group]);
  }),
  'iterate-lost-in-exchange': {
    module: 'exchange.ts',
    exports: () => ({
      exchange(averages: ReadonlyMap<Parameter, Average>) {
        for (const [parameter, average] of averages) {
          parameter.write(average.tensor.view().slice());
          average.exchanged = !average.exchanged;
        }
      },
    }),
  },
};

function nextCounters(wrong: (next: Counters, schedule: Schedule) => Counters): OptimizerFault {
  return {
    module: 'schedule.ts',
    exports: ({ nextCounters: honest }) => ({
      nextCounters: (counters: Counters, schedule: Schedule) =>
        wrong((honest as NextCounters)(counters, schedule), schedule),
    }),
  };
}

function loading(wrong: (honest: Load, ...given: Parameters<Load>) => void): OptimizerFault {
  return {
    module: 'load-state.ts',
    exports: ({ loadState }) => ({
      loadState: (...given: Parameters<Load>) => wrong(loadState as Load, ...given),
    }),
  };
}

function stepping(
  wrong: (honest: (groups: readonly Group[]) => void, groups: readonly Group[], memories: Memories) => void,
): OptimizerFault {
  return {
    module: 'step.ts',
    exports: ({ stepGroups }) => ({
      stepGroups(...[groups, memories, ...rest]: Parameters<Step>) {
        wrong((some) => (stepGroups as Step)(some, memories, ...rest), groups, memories);
      },
    }),
  };
}

import type { Parameter, Tensor } from '@asgd/core';

// Faults of the optimizer itself. A backend cannot have them, but the suite checks whether a backend and core together
// compute averaged SGD, so it must see them. Each replaces exports of one module of core.

/** What the faults know of a module of core. */
export type Module = Readonly<Record<string, unknown>>;

export type OptimizerFaultName =
  | 'mu-starts-at-0'
  | 'eta-used-after-its-update'
  | 'alpha-on-the-step-alone'
  | 'eta-not-rounded'
  | 'averaging-begins-late'
  | 'averaging-begins-early'
  | 'average-forgets'
  | 'average-favors-the-latest'
  | 'step-lost-on-resume'
  | 'state-dict-shares-memory'
  | 'state-keyed-by-position'
  | 'missing-gradients-counted'
  | 'iterate-lost-in-swap';

export interface OptimizerFault {
  /** In core's `src`. */
  readonly module: string;
  /** The faulty exports. */
  exports(honest: Module): Module;
}

/** A module with faulty exports in place of the real ones. */
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
  readonly parameter: Parameter;
  readonly ax: Tensor;
  swapped: boolean;
  readonly cohort: { readonly counters: { -readonly [Key in keyof Counters]: Counters[Key] } } | undefined;
}

interface Memory {
  readonly states: ReadonlyMap<Parameter, State>;
  readonly stepped: ReadonlyMap<Parameter, State>;
}

interface Group {
  readonly params: readonly Parameter[];
}

interface Dictionary {
  readonly state: Readonly<Record<string, { readonly ax: object }>>;
}

type FirstCounters = (schedule: Schedule) => Counters;
type Advance = (next: object, counters: Counters, lr: number, options: Omit<Schedule, 'lr'>) => void;
type Load = (dict: Dictionary, groups: readonly Group[], memory: Memory) => void;
type Save = (groups: readonly Group[], memory: Memory, ...rest: unknown[]) => Promise<Dictionary>;
type Step = (groups: readonly Group[], memory: Memory, ...rest: unknown[]) => void;

export const optimizerFaults: Readonly<Record<OptimizerFaultName, OptimizerFault>> = {
  'mu-starts-at-0': {
    module: 'schedule.ts',
    exports: ({ firstCounters }) => ({
      firstCounters: (schedule: Schedule) => ({ ...(firstCounters as FirstCounters)(schedule), mu: 0 }),
    }),
  },
  'eta-used-after-its-update': {
    module: 'schedule.ts',
    exports({ firstCounters, advance }) {
      const first = firstCounters as FirstCounters;
      const honest = advance as Advance;
      const etaAfter = (counters: Counters, lr: number, options: Omit<Schedule, 'lr'>): number => {
        const next = { ...counters };
        honest(next, counters, lr, options);
        return next.eta;
      };
      return {
        firstCounters(schedule: Schedule) {
          const counters = first(schedule);
          return { ...counters, eta: etaAfter(counters, schedule.lr, schedule) };
        },
        advance(next: Counters, counters: Counters, lr: number, options: Omit<Schedule, 'lr'>) {
          honest(next, counters, lr, options);
          Object.assign(next, { eta: etaAfter(next, lr, options) });
        },
      };
    },
  },
  // PyTorch's foreach path until 2.4.
  'alpha-on-the-step-alone': advancing((next, { lr, lambd, alpha }) => ({
    ...next,
    eta: Math.fround(lr / (1 + lambd * lr * next.step ** alpha)),
  })),
  'eta-not-rounded': advancing((next, { lr, lambd, alpha }) => ({
    ...next,
    eta: lr / (1 + lambd * lr * next.step) ** alpha,
  })),
  'averaging-begins-late': advancing((next, { t0 }) => ({
    ...next,
    mu: Math.fround(1 / Math.max(1, next.step - 1 - t0)),
  })),
  'averaging-begins-early': advancing((next, { t0 }) => ({
    ...next,
    mu: Math.fround(1 / Math.max(1, next.step + 1 - t0)),
  })),
  // An exponential average in place of the mean.
  'average-forgets': advancing((next) => ({ ...next, mu: Math.max(next.mu, Math.fround(0.05)) })),
  // A mean in which iterate s has the weight s: polynomial decay averaging (Shamir and Zhang 2013).
  'average-favors-the-latest': advancing((next, { t0 }) => ({
    ...next,
    mu: Math.fround(Math.min(1, 2 / (Math.max(1, next.step - t0) + 1))),
  })),
  'step-lost-on-resume': loading((load, dict, groups, memory) => {
    load(dict, groups, memory);
    for (const { cohort } of memory.stepped.values()) if (cohort) cohort.counters.step = 0;
  }),
  // As PyTorch's state dictionaries do.
  'state-dict-shares-memory': {
    module: 'save-state.ts',
    exports: ({ saveState }) => ({
      async saveState(...[groups, memory, ...rest]: Parameters<Save>) {
        const dict = await (saveState as Save)(groups, memory, ...rest);
        const parameters = groups.flatMap(({ params }) => params);
        parameters.forEach((parameter, index) => {
          const state = memory.states.get(parameter);
          if (state) Object.assign(dict.state[index]?.ax ?? {}, { values: state.ax.view() });
        });
        return dict;
      },
    }),
  },
  // Uses the counters of the first, second, … parameter for the first, second, … that has a gradient.
  'state-keyed-by-position': stepping((step, groups, memory) => {
    const parameters = groups.flatMap(({ params }) => params);
    const counters = parameters.map((parameter) => ({ ...memory.states.get(parameter)?.cohort?.counters }));
    const present = parameters.filter(({ grad }) => grad !== null);
    present.forEach((parameter, position) => {
      Object.assign(memory.states.get(parameter)?.cohort?.counters ?? {}, counters[position]);
    });
    step(groups, memory);
  }),
  'missing-gradients-counted': stepping((step, groups, memory) => {
    step(groups, memory);
    for (const [{ grad }, { cohort }] of memory.stepped) if (grad === null && cohort) cohort.counters.step++;
  }),
  'iterate-lost-in-swap': {
    module: 'swap.ts',
    exports: () => ({
      swap(states: readonly State[]) {
        for (const state of states) {
          state.parameter.write(state.ax.view().slice());
          state.swapped = !state.swapped;
        }
      },
    }),
  },
};

function advancing(wrong: (next: Counters, schedule: Schedule) => Counters): OptimizerFault {
  return {
    module: 'schedule.ts',
    exports: ({ advance }) => ({
      advance(next: Counters, counters: Counters, lr: number, options: Omit<Schedule, 'lr'>) {
        (advance as Advance)(next, counters, lr, options);
        Object.assign(next, wrong({ ...next }, { lr, ...options }));
      },
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

function stepping(wrong: (honest: Step, groups: readonly Group[], memory: Memory) => void): OptimizerFault {
  return {
    module: 'step.ts',
    exports: ({ takeStep }) => ({
      takeStep(...[groups, memory, ...rest]: Parameters<Step>) {
        wrong((some, its) => (takeStep as Step)(some, its, ...rest), groups, memory);
      },
    }),
  };
}

import type { HookHandle, StateDict, StepArguments, StepPostHook, StepPreHook } from '@asgd/core';
import type { Fault, Module } from './fault.ts';

// Faults of what runs around a step: hooks, closures and performance measures.

export type HookFaultName =
  | 'own-hooks-before-global'
  | 'post-hooks-latest-first'
  | 'prepend-ignored'
  | 'replaced-arguments-ignored'
  | 'post-hooks-after-failures'
  | 'loading-hooks-share-the-dictionary'
  | 'closure-after-the-update'
  | 'async-closure-not-awaited'
  | 'steps-always-measured';

/** What the faults know of it. */
declare class Hookable {
  registerStepPreHook(hook: StepPreHook<never>): HookHandle;
  registerStepPostHook(hook: StepPostHook<never>): HookHandle;
  registerStateDictPreHook(hook: unknown, options?: object): HookHandle;
  registerLoadStateDictPreHook(hook: unknown, options?: object): HookHandle;
  protected beforeStep(args: StepArguments): StepArguments;
  protected afterStep(args: StepArguments): void;
  protected beforeLoading(dict: StateDict): StateDict;
}

declare class Optimizer extends Hookable {
  profiling: boolean;
  constructor(...given: unknown[]);
  step(closure?: () => unknown): unknown;
}

export const hookFaults: Readonly<Record<HookFaultName, Fault>> = {
  'own-hooks-before-global': hooking(
    (Honest) =>
      class extends Honest {
        readonly #own: StepPreHook<never>[] = [];

        override registerStepPreHook(hook: StepPreHook<never>): HookHandle {
          this.#own.push(hook);
          return { remove: () => void this.#own.splice(this.#own.indexOf(hook), 1) };
        }

        protected override beforeStep(args: StepArguments): StepArguments {
          for (const hook of this.#own) hook(this as never, args);
          return super.beforeStep(args);
        }
      },
  ),
  'post-hooks-latest-first': hooking(
    (Honest) =>
      class extends Honest {
        readonly #own: StepPostHook<never>[] = [];

        override registerStepPostHook(hook: StepPostHook<never>): HookHandle {
          this.#own.unshift(hook);
          return { remove: () => void this.#own.splice(this.#own.indexOf(hook), 1) };
        }

        protected override afterStep(args: StepArguments): void {
          for (const hook of this.#own) hook(this as never, args);
          super.afterStep(args);
        }
      },
  ),
  'prepend-ignored': hooking(
    (Honest) =>
      class extends Honest {
        override registerStateDictPreHook(hook: unknown): HookHandle {
          return super.registerStateDictPreHook(hook);
        }

        override registerLoadStateDictPreHook(hook: unknown): HookHandle {
          return super.registerLoadStateDictPreHook(hook);
        }
      },
  ),
  'replaced-arguments-ignored': hooking(
    (Honest) =>
      class extends Honest {
        protected override beforeStep(args: StepArguments): StepArguments {
          super.beforeStep(args);
          return args;
        }
      },
  ),
  'post-hooks-after-failures': stepping(
    (Honest) =>
      class extends Honest {
        override step(closure?: () => unknown): unknown {
          try {
            return super.step(closure);
          } catch (error) {
            this.afterStep([]);
            throw error;
          }
        }
      },
  ),
  'loading-hooks-share-the-dictionary': hooking(
    (Honest) =>
      class extends Honest {
        protected override beforeLoading(dict: StateDict): StateDict {
          return Object.assign(dict, super.beforeLoading(dict));
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
  'steps-always-measured': stepping(
    (Honest) =>
      class extends Honest {
        constructor(...given: unknown[]) {
          super(...given);
          this.profiling = true;
        }
      },
  ),
};

function hooking(wrong: (Honest: typeof Hookable) => unknown): Fault {
  return {
    module: 'hooks.ts',
    exports: ({ Hookable: Honest }: Module) => ({ Hookable: wrong(Honest as typeof Hookable) }),
  };
}

function stepping(wrong: (Honest: typeof Optimizer) => unknown): Fault {
  return {
    module: 'asgd.ts',
    exports: ({ ASGD }: Module) => ({ ASGD: wrong(ASGD as typeof Optimizer) }),
  };
}

import type { ASGD } from './asgd.ts';
import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';
import type { StateDict } from './state-dict.ts';

/** Given to whoever registers a hook. */
export interface HookHandle {
  /** A second call does nothing. */
  remove(): void;
}

/** The arguments of a step: the closure, if there was one. */
export type StepArguments = readonly [closure?: () => unknown];

/** Runs before a step; what it returns replaces the step's arguments. */
export type StepPreHook = (optimizer: ASGD, args: StepArguments) => StepArguments | void;
/** Runs after a step that succeeded. */
export type StepPostHook = (optimizer: ASGD, args: StepArguments) => void;
/** Runs before a state dictionary is made. */
export type StateDictPreHook = (optimizer: ASGD) => void;
/** Runs when a state dictionary has been made; what it returns replaces it. */
export type StateDictPostHook = (optimizer: ASGD, dict: StateDict) => StateDict | void;
/** Runs before a state dictionary is loaded, on a shallow copy; what it returns is loaded instead. */
export type LoadStateDictPreHook = (optimizer: ASGD, dict: StateDict) => StateDict | void;
/** Runs after a state dictionary has been loaded. */
export type LoadStateDictPostHook = (optimizer: ASGD) => void;

export interface HookOptions {
  /** Runs before the hooks registered so far instead of after them. */
  readonly prepend?: boolean;
}

/** Hooks of one kind, in the order in which they run. A hook may be registered, or removed, while they run. */
export class Hooks<Hook extends (...args: never[]) => unknown> implements Iterable<Hook> {
  #entries: readonly { readonly hook: Hook }[] = [];

  add(hook: Hook, { prepend = false }: HookOptions = {}): HookHandle {
    if (typeof hook !== 'function') {
      throw new ArgumentError(`The hook to register is ${describe(hook)}: expected a function.`);
    }
    const entry = { hook };
    this.#entries = prepend ? [entry, ...this.#entries] : [...this.#entries, entry];
    return {
      remove: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  *[Symbol.iterator](): Iterator<Hook> {
    for (const { hook } of this.#entries) yield hook;
  }
}

const globalStepPreHooks: Hooks<StepPreHook> = new Hooks();
const globalStepPostHooks: Hooks<StepPostHook> = new Hooks();

/** Registers a hook that runs before every step of every optimizer, before the optimizer's own. */
export function registerOptimizerStepPreHook(hook: StepPreHook): HookHandle {
  return globalStepPreHooks.add(hook);
}

/** Registers a hook that runs after every step of every optimizer, after the optimizer's own. */
export function registerOptimizerStepPostHook(hook: StepPostHook): HookHandle {
  return globalStepPostHooks.add(hook);
}

/** Runs the global pre-hooks, then the optimizer's, and gives the arguments they leave for the step. */
export function runStepPreHooks(
  optimizer: ASGD,
  own: Hooks<StepPreHook>,
  args: StepArguments,
): StepArguments {
  let current = args;
  for (const hook of [...globalStepPreHooks, ...own]) {
    const replacement: unknown = hook(optimizer, current);
    if (replacement === undefined) continue;
    if (!isStepArguments(replacement)) {
      throw new ArgumentError(
        `A step pre-hook returned ${describe(replacement)}: expected nothing, or replacement arguments [closure].`,
      );
    }
    current = replacement;
  }
  return current;
}

/** Runs the optimizer's post-hooks, then the global ones. */
export function runStepPostHooks(optimizer: ASGD, own: Hooks<StepPostHook>, args: StepArguments): void {
  for (const hook of [...own, ...globalStepPostHooks]) hook(optimizer, args);
}

function isStepArguments(value: unknown): value is StepArguments {
  return (
    Array.isArray(value) && value.length < 2 && (value[0] === undefined || typeof value[0] === 'function')
  );
}

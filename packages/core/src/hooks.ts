import type { ASGD } from './asgd.ts';
import { checkOptionsObject, isRecord, isThenable } from './arguments.ts';
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
class Hooks<Hook extends (...args: never[]) => unknown> implements Iterable<Hook> {
  #entries: readonly { readonly hook: Hook }[] = [];

  add(hook: Hook, options: HookOptions = {}): HookHandle {
    checkOptionsObject(options, 'a hook', 'registerStateDictPreHook(hook, { prepend: true })');
    const { prepend = false } = options;
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

/** An optimizer to which hooks can be attached. Every registration gives a handle that ends it. */
export abstract class Hookable {
  readonly #stepPre: Hooks<StepPreHook> = new Hooks();
  readonly #stepPost: Hooks<StepPostHook> = new Hooks();
  readonly #stateDictPre: Hooks<StateDictPreHook> = new Hooks();
  readonly #stateDictPost: Hooks<StateDictPostHook> = new Hooks();
  readonly #loadPre: Hooks<LoadStateDictPreHook> = new Hooks();
  readonly #loadPost: Hooks<LoadStateDictPostHook> = new Hooks();

  registerStepPreHook(hook: StepPreHook): HookHandle {
    return this.#stepPre.add(hook);
  }

  registerStepPostHook(hook: StepPostHook): HookHandle {
    return this.#stepPost.add(hook);
  }

  registerStateDictPreHook(hook: StateDictPreHook, options?: HookOptions): HookHandle {
    return this.#stateDictPre.add(hook, options);
  }

  registerStateDictPostHook(hook: StateDictPostHook, options?: HookOptions): HookHandle {
    return this.#stateDictPost.add(hook, options);
  }

  registerLoadStateDictPreHook(hook: LoadStateDictPreHook, options?: HookOptions): HookHandle {
    return this.#loadPre.add(hook, options);
  }

  registerLoadStateDictPostHook(hook: LoadStateDictPostHook, options?: HookOptions): HookHandle {
    return this.#loadPost.add(hook, options);
  }

  /** Runs the global pre-hooks, then the optimizer's own, and gives the arguments that they leave for the step. */
  protected beforeStep(optimizer: ASGD, args: StepArguments): StepArguments {
    let current = args;
    for (const hook of [...globalStepPreHooks, ...this.#stepPre]) {
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

  /** Runs the optimizer's own post-hooks, then the global ones. */
  protected afterStep(optimizer: ASGD, args: StepArguments): void {
    for (const hook of [...this.#stepPost, ...globalStepPostHooks]) hook(optimizer, args);
  }

  protected beforeStateDict(optimizer: ASGD): void {
    for (const hook of this.#stateDictPre) hook(optimizer);
  }

  protected afterStateDict(optimizer: ASGD, dict: StateDict): StateDict {
    let current = dict;
    for (const hook of this.#stateDictPost) current = replaced(current, hook(optimizer, current));
    return current;
  }

  protected beforeLoading(optimizer: ASGD, dict: StateDict): StateDict {
    let current: StateDict = { ...dict };
    for (const hook of this.#loadPre) current = replaced(current, hook(optimizer, current));
    return current;
  }

  protected afterLoading(optimizer: ASGD): void {
    for (const hook of this.#loadPost) hook(optimizer);
  }
}

/** The dictionary that a hook leaves: what it returned, or the one it was given. */
function replaced(dict: StateDict, result: StateDict | void): StateDict {
  if (result === undefined) return dict;
  if (!isRecord(result) || isThenable(result)) {
    throw new ArgumentError(
      `A state dictionary hook returned ${describe(result)}: expected nothing, or a state dictionary.`,
    );
  }
  return result;
}

function isStepArguments(value: unknown): value is StepArguments {
  return (
    Array.isArray(value) && value.length < 2 && (value[0] === undefined || typeof value[0] === 'function')
  );
}

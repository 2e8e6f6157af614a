import { checkOptionsObject, isRecord, isThenable } from './arguments.ts';
import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';
import type { StateDict } from './state-dict.ts';

/** Registering a hook returns this. */
export interface HookHandle {
  /** A second call does nothing. */
  remove(): void;
}

/** The arguments of a step: the closure, if there was one. */
export type StepArguments = readonly [closure?: () => unknown];

/** Runs before a step; what it returns replaces the step's arguments. */
export type StepPreHook<Optimizer> = (optimizer: Optimizer, args: StepArguments) => StepArguments | void;
/** Runs after a step that succeeded. */
export type StepPostHook<Optimizer> = (optimizer: Optimizer, args: StepArguments) => void;
/** Runs before a state dictionary is made. */
export type StateDictPreHook<Optimizer> = (optimizer: Optimizer) => void;
/** Runs after a state dictionary has been made; what it returns replaces it. */
export type StateDictPostHook<Optimizer> = (optimizer: Optimizer, dict: StateDict) => StateDict | void;
/** Runs before a state dictionary is loaded, on a shallow copy; what it returns is loaded instead. */
export type LoadStateDictPreHook<Optimizer> = (optimizer: Optimizer, dict: StateDict) => StateDict | void;
/** Runs after a state dictionary has been loaded. */
export type LoadStateDictPostHook<Optimizer> = (optimizer: Optimizer) => void;

/** How a hook of state dictionaries is registered. */
export interface HookOptions {
  /** Runs before the hooks registered so far instead of after them. */
  readonly prepend?: boolean;
}

/** Hooks of one kind, in the order in which they run. A hook may be registered, or removed, while they run. */
export class Hooks<Hook extends (...args: never[]) => unknown> implements Iterable<Hook> {
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

/** Hooks of all optimizers. optimizer-hooks.ts registers them, with types that name the optimizer. */
export const globalStepPreHooks: Hooks<StepPreHook<never>> = new Hooks();
export const globalStepPostHooks: Hooks<StepPostHook<never>> = new Hooks();

/** An optimizer to which hooks can be attached. Every registration returns a handle that removes the hook. */
export abstract class Hookable {
  readonly #stepPre: Hooks<StepPreHook<this>> = new Hooks();
  readonly #stepPost: Hooks<StepPostHook<this>> = new Hooks();
  readonly #stateDictPre: Hooks<StateDictPreHook<this>> = new Hooks();
  readonly #stateDictPost: Hooks<StateDictPostHook<this>> = new Hooks();
  readonly #loadPre: Hooks<LoadStateDictPreHook<this>> = new Hooks();
  readonly #loadPost: Hooks<LoadStateDictPostHook<this>> = new Hooks();

  /** Registers a hook that runs before each step of this optimizer. @throws ArgumentError */
  registerStepPreHook(hook: StepPreHook<this>): HookHandle {
    return this.#stepPre.add(hook);
  }

  /** Registers a hook that runs after each step of this optimizer that succeeded. @throws ArgumentError */
  registerStepPostHook(hook: StepPostHook<this>): HookHandle {
    return this.#stepPost.add(hook);
  }

  /** Registers a hook that runs before `stateDict()` makes a state dictionary. @throws ArgumentError */
  registerStateDictPreHook(hook: StateDictPreHook<this>, options?: HookOptions): HookHandle {
    return this.#stateDictPre.add(hook, options);
  }

  /** Registers a hook that may replace what `stateDict()` returns. @throws ArgumentError */
  registerStateDictPostHook(hook: StateDictPostHook<this>, options?: HookOptions): HookHandle {
    return this.#stateDictPost.add(hook, options);
  }

  /** Registers a hook that may replace what `loadStateDict()` loads. @throws ArgumentError */
  registerLoadStateDictPreHook(hook: LoadStateDictPreHook<this>, options?: HookOptions): HookHandle {
    return this.#loadPre.add(hook, options);
  }

  /** Registers a hook that runs after `loadStateDict()` has loaded. @throws ArgumentError */
  registerLoadStateDictPostHook(hook: LoadStateDictPostHook<this>, options?: HookOptions): HookHandle {
    return this.#loadPost.add(hook, options);
  }

  /** Runs the global pre-hooks, then the optimizer's own, and returns the arguments for the step. */
  protected beforeStep(args: StepArguments): StepArguments {
    let current = args;
    for (const hook of [...globalStepPreHooks, ...this.#stepPre]) {
      const replacement: unknown = hook(this as never, current);
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
  protected afterStep(args: StepArguments): void {
    for (const hook of [...this.#stepPost, ...globalStepPostHooks]) hook(this as never, args);
  }

  protected beforeStateDict(): void {
    for (const hook of this.#stateDictPre) hook(this);
  }

  protected afterStateDict(dict: StateDict): StateDict {
    let current = dict;
    for (const hook of this.#stateDictPost) current = replaced(current, hook(this, current));
    return current;
  }

  protected beforeLoading(dict: StateDict): StateDict {
    let current: StateDict = { ...dict };
    for (const hook of this.#loadPre) current = replaced(current, hook(this, current));
    return current;
  }

  protected afterLoading(): void {
    for (const hook of this.#loadPost) hook(this);
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

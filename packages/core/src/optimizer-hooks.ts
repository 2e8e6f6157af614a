import type { ASGD } from './asgd.ts';
import { globalStepPostHooks, globalStepPreHooks, type HookHandle } from './hooks.ts';
import type * as hooks from './hooks.ts';

/** Runs before a step; what it returns replaces the step's arguments. */
export type StepPreHook = hooks.StepPreHook<ASGD>;
/** Runs after a step that succeeded. */
export type StepPostHook = hooks.StepPostHook<ASGD>;
/** Runs before a state dictionary is made. */
export type StateDictPreHook = hooks.StateDictPreHook<ASGD>;
/** Runs after a state dictionary has been made; what it returns replaces it. */
export type StateDictPostHook = hooks.StateDictPostHook<ASGD>;
/** Runs before a state dictionary is loaded, on a shallow copy; what it returns is loaded instead. */
export type LoadStateDictPreHook = hooks.LoadStateDictPreHook<ASGD>;
/** Runs after a state dictionary has been loaded. */
export type LoadStateDictPostHook = hooks.LoadStateDictPostHook<ASGD>;

/** Registers a hook that runs before every step of every optimizer, before the optimizer's own. */
export function registerOptimizerStepPreHook(hook: StepPreHook): HookHandle {
  return globalStepPreHooks.add(hook);
}

/** Registers a hook that runs after every step of every optimizer, after the optimizer's own. */
export function registerOptimizerStepPostHook(hook: StepPostHook): HookHandle {
  return globalStepPostHooks.add(hook);
}

import type { ASGD } from './asgd.ts';
import {
  globalStepPostHooks,
  globalStepPreHooks,
  type HookHandle,
  type StepPostHook,
  type StepPreHook,
} from './hooks.ts';

/** Registers a hook that runs before every step of every optimizer, before the optimizer's own. */
export function registerOptimizerStepPreHook(hook: StepPreHook<ASGD>): HookHandle {
  return globalStepPreHooks.add(hook);
}

/** Registers a hook that runs after every step of every optimizer, after the optimizer's own. */
export function registerOptimizerStepPostHook(hook: StepPostHook<ASGD>): HookHandle {
  return globalStepPostHooks.add(hook);
}

import { StateDictError } from './errors.ts';
import type { ParamGroup } from './groups.ts';
import type { State } from './state.ts';
import type { SavedGroup, SavedState, StateDict } from './state-dict.ts';
import type { Memories } from './step.ts';
import type { Parameter } from './tensor.ts';

/** Everything is read as of the call, before the first wait. */
export async function saveState(groups: readonly ParamGroup[], { states }: Memories): Promise<StateDict> {
  const paramGroups = saveGroups(groups);
  const params = groups.flatMap((group) => group.params);
  const entries = params.flatMap((parameter, index) => {
    const state = states.get(parameter);
    return state ? [saveEntry(index, parameter, state)] : [];
  });
  return { state: Object.fromEntries(await Promise.all(entries)), paramGroups };
}

async function saveEntry(
  index: number,
  { dtype, shape }: Parameter,
  { step, eta, mu, ax }: State,
): Promise<[number, SavedState]> {
  return [index, { step, eta, mu, ax: { dtype, shape: [...shape], values: await ax.read() } }];
}

function saveGroups(groups: readonly ParamGroup[]): SavedGroup[] {
  let next = 0;
  return groups.map(({ params, ...rest }, index) => ({
    ...clonePlain(rest, index),
    params: params.map(() => next++),
  }));
}

/** A deep copy of a group's options and extra keys. */
export function clonePlain<Plain>(rest: Plain, index: number): Plain {
  try {
    return structuredClone(rest);
  } catch (cause) {
    throw new StateDictError(
      `Parameter group ${index} has an extra key that a state dictionary cannot hold: ${String(cause)}`,
      { cause },
    );
  }
}

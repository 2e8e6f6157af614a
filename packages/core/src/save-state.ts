import { StateDictError } from './errors.ts';
import type { ParamGroup } from './groups.ts';
import type { State } from './state.ts';
import type { SavedGroup, SavedState, SavedTensor, StateDict } from './state-dict.ts';
import type { Memory } from './memory.ts';
import { Tensor } from './tensor.ts';

/** Everything is read as of the call, before the first wait. */
export async function saveState(groups: readonly ParamGroup[], { stepped }: Memory): Promise<StateDict> {
  let next = 0;
  const savedGroups = groups.map((group, index) =>
    saveGroup(
      group,
      index,
      group.params.map(() => next++),
    ),
  );
  const entries = groups
    .flatMap(({ params }) => params)
    .flatMap((parameter, index) => {
      const state = stepped.get(parameter);
      return state ? [saveEntry(index, state)] : [];
    });
  const [paramGroups, state] = await Promise.all([Promise.all(savedGroups), Promise.all(entries)]);
  return { state: Object.fromEntries(state), paramGroups };
}

async function saveGroup(group: ParamGroup, index: number, indices: readonly number[]): Promise<SavedGroup> {
  const { lr } = group;
  const plain = { ...group, params: indices };
  if (!(lr instanceof Tensor)) return clonePlain({ ...plain, lr }, index);
  const saved = clonePlain({ ...plain, lr: 0 }, index);
  return { ...saved, lr: await saveTensor(lr) };
}

async function saveEntry(index: number, state: State): Promise<[number, SavedState]> {
  const [{ step, eta, mu }, ax] = await Promise.all([state.read(), saveTensor(state.ax)]);
  return [index, { step, eta, mu, ax }];
}

async function saveTensor(tensor: Tensor): Promise<SavedTensor> {
  const { dtype, shape } = tensor;
  return { dtype, shape: [...shape], values: await tensor.read() };
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

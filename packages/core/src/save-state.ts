import { StateDictError } from './errors.ts';
import { type ParamGroup, readExtra } from './groups.ts';
import { valuesWithJson, withJson } from './json.ts';
import type { State } from './state.ts';
import type { SavedGroup, SavedState, SavedTensor, StateDict } from './state-dict.ts';
import type { Memory } from './memory.ts';
import { isTensor, type Tensor } from './tensor.ts';

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
  const where = `parameter group ${index}`;
  const plain = { ...group, params: indices, extra: cloneExtra(readExtra(group.extra, where), where) };
  return withJson({ ...plain, lr: isTensor(lr) ? await saveTensor(lr) : lr }, where);
}

async function saveEntry(index: number, state: State): Promise<[number, SavedState]> {
  const [{ step, eta, mu }, ax] = await Promise.all([state.read(), saveTensor(state.ax)]);
  return [index, withJson({ step, eta, mu, ax }, `the state of parameter ${index}`)];
}

async function saveTensor(tensor: Tensor): Promise<SavedTensor> {
  const { dtype, shape } = tensor;
  return { dtype, shape: [...shape], values: valuesWithJson(await tensor.read()) };
}

/** A deep copy of a group's `extra`. */
export function cloneExtra(extra: Record<string, unknown>, where: string): Record<string, unknown> {
  try {
    return structuredClone(extra);
  } catch (cause) {
    throw new StateDictError(
      `The extra of ${where} has something that a state dictionary cannot hold: ${String(cause)}`,
      { cause },
    );
  }
}

import { ASGD, type Backend, type DType, type StateDict } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectThrows } from '../expect.ts';
import { averagedFixture, expectUnchanged } from '../fixture.ts';

const spec = 'State dictionary';

/** A dictionary that tests may break. */
interface Spoilable {
  state: Record<string, Record<string, unknown>>;
  paramGroups: Record<string, unknown>[];
}

/** Breaks a dictionary with `spoil` and loads it into an optimizer that differs from it, with two groups. */
async function expectMisfit(
  backend: Backend,
  what: string,
  spoil: (dict: Spoilable) => unknown,
): Promise<void> {
  const saved = twoGroups(backend, 0.25);
  const dict = structuredClone(await saved.stateDict()) as unknown as Spoilable;
  const spoilt = spoil(dict) ?? dict;
  const target = twoGroups(backend, 0.5);
  await expectUnchanged(target, `Loading a dictionary with ${what}`, () =>
    expectThrows('STATE_DICT', `Loading a dictionary with ${what}`, () =>
      target.loadStateDict(spoilt as StateDict),
    ),
  );
  target.step();
  saved.dispose();
  target.dispose();
}

function twoGroups(backend: Backend, lr: number): ASGD {
  const { optimizer } = averagedFixture(backend, { lr });
  const dtype = anyDType(backend);
  const second = backend.parameter([1, 2, 3, 4], { dtype, shape: [2, 2] });
  second.grad = backend.tensor([1, 1, 1, 1], { dtype, shape: [2, 2] });
  optimizer.addParamGroup({ params: [second], extra: { note: 'extra' } });
  optimizer.step();
  return optimizer;
}

/** Each spoils the dictionary's last part, so that a loader which is not all-or-nothing has loaded the first. */
const misfits: Readonly<Record<string, readonly [what: string, spoil: (dict: Spoilable) => unknown][]>> = {
  'not-a-dictionary': [
    ['nothing in it', () => ({})],
    ['null for it', () => [null][0] ?? 'null'],
    ['a number for it', () => 3],
    ['an array for it', () => []],
    ['no state', ({ paramGroups }) => ({ paramGroups })],
    ['no groups', ({ state }) => ({ state })],
    ['PyTorch’s name for the groups', ({ state, paramGroups }) => ({ state, param_groups: paramGroups })],
    ['text for state', (dict) => ({ ...dict, state: 'state' })],
    ['an object for groups', (dict) => ({ ...dict, paramGroups: { 0: dict.paramGroups[0] } })],
    ['null for a group', (dict) => ({ ...dict, paramGroups: [dict.paramGroups[0], null] })],
    ['null for the state of a parameter', (dict) => ({ ...dict, state: { ...dict.state, 1: null } })],
  ],
  groups: [
    ['a group too few', (dict) => void dict.paramGroups.pop()],
    ['a group too many', (dict) => void dict.paramGroups.push({ ...dict.paramGroups[1], params: [2] })],
    ['a symbol for an index', spoilGroup({ params: [Symbol('one')] })],
    ['a parameter too many in a group', spoilGroup({ params: [1, 2] })],
    ['no parameter in a group', spoilGroup({ params: [] })],
    ['no list of parameters in a group', spoilGroup({ params: undefined })],
    [
      'a parameter in two groups',
      // Without its state, so that nothing else is wrong.
      (dict) => {
        delete dict.state[1];
        Object.assign(dict.paramGroups[1] ?? {}, { params: [0] });
      },
    ],
    ['a name that is none', spoilGroup({ paramNames: [1] })],
    ['names for one parameter too many', spoilGroup({ paramNames: ['a', 'b'] })],
  ],
  options: [
    ['a negative lr', spoilGroup({ lr: -1 })],
    ['no lr', spoilGroup({ lr: undefined })],
    ['NaN for t0', spoilGroup({ t0: Number.NaN })],
    ['text for weightDecay', spoilGroup({ weightDecay: '0' })],
    ['a number for maximize', spoilGroup({ maximize: 1 })],
    ['an option of PyTorch’s name', spoilGroup({ weight_decay: 0 })],
    ['a misspelt option', spoilGroup({ lamdb: 0 })],
    ['a stranger among the options', spoilGroup({ momentum: 0.9 })],
    ['text for what is the user’s own', spoilGroup({ extra: 'note' })],
    // As JSON.parse makes it of text; with `=`, or Object.assign, it would be the group's prototype.
    ['a __proto__ of its own', (dict) => spoilWithPrototype(dict)],
  ],
  'missing-keys': [
    ['no step', spoilState({ step: undefined })],
    ['no eta', spoilState({ eta: undefined })],
    ['no mu', spoilState({ mu: undefined })],
    ['no ax', spoilState({ ax: undefined })],
    ['nothing in the state of a parameter', (dict) => ({ ...dict, state: { ...dict.state, 1: {} } })],
  ],
  scalars: [
    ['a negative step', spoilState({ step: -1 })],
    ['a fractional step', spoilState({ step: 1.5 })],
    ['NaN for step', spoilState({ step: Number.NaN })],
    ['an infinite step', spoilState({ step: Infinity })],
    ['text for step', spoilState({ step: '3' })],
    ['two numbers for step', spoilState({ step: [1, 2] })],
    ['text for eta', spoilState({ eta: '0.5' })],
    ['no number in eta', spoilState({ eta: [] })],
    ['null for mu', spoilState({ mu: null })],
    ['NaN for eta', spoilState({ eta: Number.NaN })],
    ['a negative eta', spoilState({ eta: -1 })],
    ['NaN for mu', spoilState({ mu: Number.NaN })],
    ['a negative mu', spoilState({ mu: -0.5 })],
    ['a mu above 1', spoilState({ mu: 2 })],
    ['a mu above 1 in a tensor', spoilState({ mu: new Float32Array([1.5]) })],
  ],
  average: [
    ['a shorter ax', spoilAverage({ shape: [3], values: new Float32Array(3) })],
    ['values too few for the shape of ax', spoilAverage({ values: new Float32Array(3) })],
    ['values too many for the shape of ax', spoilAverage({ values: new Float32Array(5) })],
    ['another shape of ax', spoilAverage({ shape: [4] })],
    ['no shape of ax', spoilAverage({ shape: undefined })],
    ['no values of ax', spoilAverage({ values: undefined })],
    ['text among the values of ax', spoilAverage({ values: [1, 2, 3, '4'] })],
    [
      'a hole among the values of ax',
      spoilAverage({ values: Object.assign([1, 2, 3, 4], { length: 3 }, { length: 4 }) }),
    ],
    ['undefined among the values of ax', spoilAverage({ values: [1, undefined, 3, 4] })],
    ['a symbol in the shape of ax', spoilAverage({ shape: [Symbol('two'), 2] })],
    ['text that is not base64 for the values of ax', spoilAverage({ values: '1, 2, 3, 4' })],
    ['too few bytes in base64 for the values of ax', spoilAverage({ values: btoa('12345678') })],
    ['half a number in base64 for the values of ax', spoilAverage({ values: btoa('123') })],
    ['an array in place of ax', spoilState({ ax: [1, 2, 3, 4] })],
    ['an unknown dtype of ax', spoilAverage({ dtype: 'float16' })],
    // What becomes of typed arrays in JSON.
    ['an object for the values of ax', spoilAverage({ values: { 0: 1, 1: 2, 2: 3, 3: 4 } })],
  ],
  strangers: [
    [
      'state of a parameter that no group has',
      (dict) => ({ ...dict, state: { ...dict.state, 7: dict.state[1] } }),
    ],
  ],
};

function spoilGroup(change: Record<string, unknown>): (dict: Spoilable) => void {
  return ({ paramGroups }) => void Object.assign(paramGroups[1] ?? {}, change);
}

function spoilWithPrototype(dict: Spoilable): unknown {
  const group = { ...dict.paramGroups[1] };
  Object.defineProperty(group, '__proto__', { value: { lr: 9 }, enumerable: true });
  return { ...dict, paramGroups: [dict.paramGroups[0], group] };
}

function spoilState(change: Record<string, unknown>): (dict: Spoilable) => void {
  return ({ state }) => void Object.assign(state[1] ?? {}, change);
}

function spoilAverage(change: Record<string, unknown>): (dict: Spoilable) => void {
  return ({ state }) => void Object.assign(state[1]?.['ax'] ?? {}, change);
}

const spoilt = Object.entries(misfits).map(([name, tries]) =>
  define(`errors/state-dict/${name}`, spec, async ({ backend }) => {
    for (const [what, spoil] of tries) await expectMisfit(backend, what, spoil);
  }),
);

/** Real and complex averages are not converted into each other, whatever their number of values. */
const kind = define('errors/state-dict/dtype-kind', spec, async ({ backend }) => {
  const real = anyDType(backend);
  const complex: DType = real === 'float32' ? 'complex64' : 'complex128';
  const optimizerOf = (dtype: DType, shape: readonly number[]): ASGD => {
    const parameter = backend.parameter([1, 2, 3, 4], { dtype, shape });
    parameter.grad = backend.parameter([1, 2, 3, 4], { dtype, shape });
    const optimizer = new ASGD([parameter], { t0: -1 });
    optimizer.step();
    return optimizer;
  };
  const pairs: readonly [ASGD, ASGD][] = [
    [optimizerOf(real, [4]), optimizerOf(complex, [2])],
    [optimizerOf(complex, [2]), optimizerOf(real, [4])],
  ];
  for (const [from, to] of pairs) {
    const dict = await from.stateDict();
    await expectUnchanged(to, 'Loading an average of another kind', () =>
      expectThrows('STATE_DICT', 'Loading an average of another kind', () => to.loadStateDict(dict)),
    );
  }
});

/** What cannot be written is found before the first group is. */
const frozen = define('errors/state-dict/frozen-group', spec, async ({ backend }) => {
  const dict = await twoGroups(backend, 0.25).stateDict();
  const freezes: readonly ((group: object) => unknown)[] = [
    Object.freeze,
    Object.seal,
    Object.preventExtensions,
    (group) => Object.defineProperty(group, 'lr', { writable: false }),
  ];
  for (const freeze of freezes) {
    const target = twoGroups(backend, 0.5);
    freeze(target.paramGroups[1] ?? {});
    await expectUnchanged(target, 'Loading into a frozen group', () =>
      expectThrows('STATE_DICT', 'Loading into a frozen group', () => target.loadStateDict(dict)),
    );
  }
});

/** What structured cloning cannot copy is refused when it is saved, not when it is written to a file. */
const uncloneable = define('errors/state-dict/uncloneable-extra', spec, async ({ backend }) => {
  const parameter = backend.parameter([1], { dtype: anyDType(backend) });
  const optimizer = new ASGD([{ params: [parameter], extra: { schedule: () => 0.1 } }]);
  await optimizer.stateDict().then(
    () => {
      throw new Error('A group with a function in it was saved.');
    },
    (error: unknown) =>
      expectThrows('STATE_DICT', 'Saving a group with a function in it', () => {
        throw error;
      }),
  );
});

export const stateDictErrors: readonly Case[] = [...spoilt, kind, frozen, uncloneable];

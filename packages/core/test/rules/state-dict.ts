import { ASGD, type Backend, type DType, type StateDict } from '@asgd/core';
import { anyDType, type Rule, rule } from './rule.ts';
import { expectThrows } from './expect.ts';
import { averagedFixture, expectUnchanged } from './fixture.ts';

/** A mutable dictionary, for tests to spoil. */
interface Spoilable {
  state: Record<string, Record<string, unknown>>;
  paramGroups: Record<string, unknown>[];
}

/** Spoils a dictionary and loads it into an optimizer with two groups and other values. */
async function expectMisfit(
  backend: Backend,
  what: string,
  spoil: (dict: Spoilable) => unknown,
): Promise<void> {
  const saved = twoGroups(backend, 0.25);
  const dict = structuredClone(await saved.stateDict()) as unknown as Spoilable;
  const spoiled = spoil(dict) ?? dict;
  const target = twoGroups(backend, 0.5);
  await expectUnchanged(target, `Loading a dictionary with ${what}`, () =>
    expectThrows('STATE_DICT', `Loading a dictionary with ${what}`, () =>
      target.loadStateDict(spoiled as StateDict),
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

/** Each spoils the last part of the dictionary: a loader that is not all-or-nothing has then loaded the first. */
const misfits: Readonly<Record<string, readonly [what: string, spoil: (dict: Spoilable) => unknown][]>> = {
  'not-a-dictionary': [
    ['nothing in it', () => ({})],
    ['null in its place', () => [null][0] ?? 'null'],
    ['a number in its place', () => 3],
    ['an array in its place', () => []],
    ['no state', ({ paramGroups }) => ({ paramGroups })],
    ['no groups', ({ state }) => ({ state })],
    ['PyTorch’s name for the groups', ({ state, paramGroups }) => ({ state, param_groups: paramGroups })],
    ['text for state', (dict) => ({ ...dict, state: 'state' })],
    ['an object for groups', (dict) => ({ ...dict, paramGroups: { 0: dict.paramGroups[0] } })],
    ['null for a group', (dict) => ({ ...dict, paramGroups: [dict.paramGroups[0], null] })],
    ['null for the state of a parameter', (dict) => ({ ...dict, state: { ...dict.state, 1: null } })],
  ],
  groups: [
    ['a missing group', (dict) => void dict.paramGroups.pop()],
    ['an extra group', (dict) => void dict.paramGroups.push({ ...dict.paramGroups[1], params: [2] })],
    ['a symbol for an index', spoilGroup({ params: [Symbol('one')] })],
    ['an extra parameter in a group', spoilGroup({ params: [1, 2] })],
    ['no parameter in a group', spoilGroup({ params: [] })],
    ['no list of parameters in a group', spoilGroup({ params: undefined })],
    [
      'a parameter in two groups',
      // Without state for it, so that nothing else is wrong.
      (dict) => {
        delete dict.state[1];
        Object.assign(dict.paramGroups[1] ?? {}, { params: [0] });
      },
    ],
    ['a number for a name', spoilGroup({ paramNames: [1] })],
    ['one name too many', spoilGroup({ paramNames: ['a', 'b'] })],
  ],
  options: [
    ['a negative lr', spoilGroup({ lr: -1 })],
    ['no lr', spoilGroup({ lr: undefined })],
    ['NaN for t0', spoilGroup({ t0: Number.NaN })],
    ['text for weightDecay', spoilGroup({ weightDecay: '0' })],
    ['a number for maximize', spoilGroup({ maximize: 1 })],
    ['an option under PyTorch’s name', spoilGroup({ weight_decay: 0 })],
    ['a misspelled option', spoilGroup({ lamdb: 0 })],
    ['an unknown option', spoilGroup({ momentum: 0.9 })],
    ['text for extra', spoilGroup({ extra: 'note' })],
    // JSON.parse makes such a key. Copying it with `=` or Object.assign would set the group's prototype.
    ['an own __proto__ key', (dict) => spoilWithPrototype(dict)],
  ],
  'missing-keys': [
    ['no step', spoilState({ step: undefined })],
    ['no eta', spoilState({ eta: undefined })],
    ['no mu', spoilState({ mu: undefined })],
    ['no ax', spoilState({ ax: undefined })],
    ['an empty state for a parameter', (dict) => ({ ...dict, state: { ...dict.state, 1: {} } })],
  ],
  scalars: [
    ['a negative step', spoilState({ step: -1 })],
    ['a fractional step', spoilState({ step: 1.5 })],
    ['NaN for step', spoilState({ step: Number.NaN })],
    ['an infinite step', spoilState({ step: Infinity })],
    ['text for step', spoilState({ step: '3' })],
    ['two numbers for step', spoilState({ step: [1, 2] })],
    ['text for eta', spoilState({ eta: '0.5' })],
    ['an empty list for eta', spoilState({ eta: [] })],
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
    ['too few values for the shape of ax', spoilAverage({ values: new Float32Array(3) })],
    ['too many values for the shape of ax', spoilAverage({ values: new Float32Array(5) })],
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
    ['invalid base64 for the values of ax', spoilAverage({ values: '1, 2, 3, 4' })],
    ['base64 of too few bytes for the values of ax', spoilAverage({ values: btoa('12345678') })],
    ['base64 of half a number for the values of ax', spoilAverage({ values: btoa('123') })],
    ['an array in place of ax', spoilState({ ax: [1, 2, 3, 4] })],
    ['an unknown dtype of ax', spoilAverage({ dtype: 'float16' })],
    // JSON turns typed arrays into such objects.
    ['an object for the values of ax', spoilAverage({ values: { 0: 1, 1: 2, 2: 3, 3: 4 } })],
  ],
  strangers: [
    [
      'state for a parameter in no group',
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

const spoiled = Object.entries(misfits).map(([name, tries]) =>
  rule(`state-dict/${name}`, async ({ backend }) => {
    for (const [what, spoil] of tries) await expectMisfit(backend, what, spoil);
  }),
);

/** Real and complex averages are not converted into each other, even if they have the same number of values. */
const kind = rule('state-dict/dtype-kind', async ({ backend }) => {
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

/** A group that cannot be written is noticed before any group is written. */
const frozen = rule('state-dict/frozen-group', async ({ backend }) => {
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

/** What structured cloning cannot copy is refused when it is saved, not later when it is written to a file. */
const uncloneable = rule('state-dict/uncloneable-extra', async ({ backend }) => {
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

export const stateDictRules: readonly Rule[] = [...spoiled, kind, frozen, uncloneable];

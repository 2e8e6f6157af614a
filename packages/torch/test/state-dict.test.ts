import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint, toStateDict, toTorch, type TorchStateDict } from '../src/index.ts';
import { fixture } from './fixture.ts';

const dictionaries = await loadCheckpoint(await fixture('optimizers.pt'));
const names = [
  'plain',
  'defaults',
  'fresh',
  'named',
  'groups',
  'tensor lr',
  'capturable',
  'bfloat16',
  'scheduled',
];

/** An optimizer like those of the fixture, with the dictionary of one of them. */
async function loaded(name: string): Promise<{ optimizer: ASGD; close: () => Promise<void> }> {
  const backend = await cpu();
  const [first, second] = [backend.parameter([1, -2, 3]), backend.parameter([0.5], { shape: [1, 1] })];
  const dict = toStateDict(dictionaries[name]);
  const optimizer =
    dict.paramGroups.length === 2
      ? new ASGD([{ params: [first] }, { params: [second] }])
      : new ASGD(
          name === 'named'
            ? [
                ['a', first],
                ['b', second],
              ]
            : [first, second],
        );
  optimizer.loadStateDict(dict);
  return { optimizer, close: () => backend.close() };
}

describe.each([...names, 'older', 'reloaded'])('PyTorch’s dictionary: %s', (name) => {
  test('is one that ASGD loads', async () => {
    const { optimizer, close } = await loaded(name);
    const [group] = optimizer.paramGroups;
    expect(group?.alpha).toBe(name === 'defaults' ? 0.75 : 0.5);
    expect(optimizer.state.size).toBe(name === 'fresh' ? 0 : 2);
    for (const { step } of optimizer.state.values()) expect(step).toBe(4);
    await close();
  });
});

describe.each(names)('PyTorch’s dictionary: %s', (name) => {
  test('comes back through ASGD and a file as it was', async () => {
    const { optimizer, close } = await loaded(name);
    const dict = toTorch(await optimizer.stateDict());
    const through = await loadCheckpoint(await saveCheckpoint(dict));
    // Two things have another form here: an average in float32, and a learning rate that is a number.
    const expected = structuredClone(dictionaries[name]) as {
      state: unknown;
      param_groups: Record<string, unknown>[];
    };
    if (name === 'fresh') expected.state = {};
    if (name === 'bfloat16') {
      for (const state of (expected.state as Map<number, Record<string, Record<string, unknown>>>).values()) {
        // PyTorch keeps eta and mu in the parameter's dtype after loading only; here they are float32 from the start.
        (state['ax'] as Record<string, unknown>)['dtype'] = 'float32';
      }
    }
    if (name === 'tensor lr') for (const group of expected.param_groups) group['lr'] = Math.fround(0.1);
    expect(through).toStrictEqual(expected);
    await close();
  });
});

test('options get their names here, and other keys go into extra', () => {
  const { paramGroups } = toStateDict(dictionaries['scheduled']);
  expect(paramGroups).toMatchObject([{ weightDecay: 0.1, foreach: false, extra: { initial_lr: 0.1 } }]);
  expect(toStateDict(dictionaries['groups']).paramGroups).toMatchObject([
    { extra: { name: 'first' } },
    { maximize: true, extra: {} },
  ]);
  expect(toStateDict(dictionaries['named']).paramGroups).toMatchObject([{ paramNames: ['weight', 'bias'] }]);
  expect(toStateDict(dictionaries['defaults']).paramGroups[0]).toHaveProperty('foreach', undefined);
});

test('unknown keys stay where they are', () => {
  const { state, param_groups } = dictionaries['plain'] as TorchStateDict;
  const note = { dtype: 'int64', shape: [], values: BigInt64Array.of(1n) } as const;
  const entries = [...state].map(([id, entry]) => [id, { ...entry, note }] as const);
  const extended = { state: new Map(entries), param_groups, _step_count: 5 };
  const dict = toStateDict(extended);
  expect(dict).toMatchObject({ _step_count: 5, state: { 0: { step: 4, note } } });
  expect(toTorch(dict)).toStrictEqual(extended);
});

test('a learning rate in a tensor stays in one', () => {
  const { paramGroups } = toStateDict(dictionaries['tensor lr']);
  expect(paramGroups[0]?.lr).toStrictEqual({ dtype: 'float32', shape: [], values: Float32Array.of(0.1) });
  expect(toTorch({ state: {}, paramGroups }).param_groups[0]?.['lr']).toStrictEqual(paramGroups[0]?.lr);
});

test('keys of groups come in PyTorch’s order', () => {
  const shuffled = {
    params: [0],
    extra: { initial_lr: 1 },
    weightDecay: 0,
    capturable: false,
    lr: 1,
    foreach: undefined,
  };
  expect(Object.entries(toTorch({ state: {}, paramGroups: [shuffled] }).param_groups[0] ?? {})).toStrictEqual(
    [
      ['lr', 1],
      ['weight_decay', 0],
      ['foreach', null],
      ['capturable', false],
      ['initial_lr', 1],
      ['params', [0]],
    ],
  );
});

test('counters are 0-dimensional tensors of float32, whatever they are here', () => {
  const ax = { dtype: 'float64', shape: [1], values: Float64Array.of(1) } as const;
  const saved = {
    step: 3,
    eta: [0.1],
    mu: { dtype: 'float64', shape: [1], values: Float64Array.of(0.5) },
    ax,
  } as const;
  const scalar = (value: number): object => ({ dtype: 'float32', shape: [], values: Float32Array.of(value) });
  expect(toTorch({ state: { 0: saved }, paramGroups: [] }).state.get(0)).toStrictEqual({
    step: scalar(3),
    eta: scalar(0.1),
    mu: scalar(0.5),
    ax,
  });
});

describe('toStateDict refuses', () => {
  const plain = toTorch(toStateDict(dictionaries['plain']));
  const [group] = plain.param_groups;
  const state = plain.state.get(0);
  test.each([
    [
      'the whole checkpoint',
      { model: {}, optimizer: plain },
      /a dictionary of model, optimizer.*checkpoint\.optimizer/,
    ],
    ['nothing', undefined, /this is undefined/],
    ['a number', 5, /this is 5/],
    ['a scheduler', dictionaries['scheduler'], /has state and param_groups/],
    [
      'Adam’s',
      dictionaries['adam'],
      /The state of parameter 0 has step, exp_avg, exp_avg_sq, but lacks eta, mu, ax/,
    ],
    [
      'state by something else than indices',
      { ...plain, state: new Map([['weight', state]]) },
      /expected parameters by their indices/,
    ],
    ['a number for the state', { ...plain, state: 7 }, /is 7: expected parameters/],
    ['a number for an entry', { ...plain, state: new Map([[0, 1]]) }, /The state of parameter 0 is 1/],
    [
      'two steps',
      {
        ...plain,
        state: new Map([
          [0, { ...state, step: { dtype: 'float32', shape: [2], values: new Float32Array(2) } }],
        ]),
      },
      /step, is a tensor of float32\[2\]/,
    ],
    [
      'an average of integers',
      {
        ...plain,
        state: new Map([[0, { ...state, ax: { dtype: 'int8', shape: [1], values: new Int8Array(1) } }]]),
      },
      /ax, is a tensor of int8/,
    ],
    [
      'an average that is none',
      { ...plain, state: new Map([[0, { ...state, ax: 1 }]]) },
      /ax, is 1: expected a tensor/,
    ],
    ['a number for a group', { ...plain, param_groups: [3] }, /Parameter group 0 is 3/],
    [
      'a group without params',
      { ...plain, param_groups: [{ lr: 1 }] },
      /Parameter group 0 is a dictionary of lr/,
    ],
    ['a learning rate that is a text', { ...plain, param_groups: [{ ...group, lr: 'high' }] }, /lr, is high/],
  ])('%s', (_, dict, message) => {
    expect(() => toStateDict(dict)).toThrow(message);
    expect(() => toStateDict(dict)).toThrow(expect.objectContaining({ code: 'STATE_DICT' }));
  });
});

describe('toTorch refuses', () => {
  test.each([
    [
      'PyTorch’s own',
      dictionaries['plain'],
      /has state and paramGroups.*a dictionary of state, param_groups/,
    ],
    ['nothing', undefined, /this is undefined/],
    [
      'a state without a step',
      { state: { 0: {} }, paramGroups: [] },
      /The state of parameter 0, step, is undefined/,
    ],
  ])('%s', (_, dict, message) => {
    expect(() => toTorch(dict as never)).toThrow(message);
  });
});

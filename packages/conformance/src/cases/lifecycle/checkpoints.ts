import { ASGD, type Backend, type Parameter, type StateDict } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectBits, expectSame } from '../expect.ts';
import { averagedFixture, expectEqual, expectUnchanged } from '../fixture.ts';

const spec = 'State dictionary';

/** Another optimizer for the values of a fixture, with other defaults. */
function fresh(backend: Backend): { optimizer: ASGD; parameter: Parameter } {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([-2, -4, -6], { dtype });
  parameter.grad = backend.tensor([2, 4, 6], { dtype });
  return { optimizer: new ASGD([parameter]), parameter };
}

/** A shallow copy with one group's or state's keys changed; undefined removes a key. */
function changed(dict: StateDict, part: 'group' | 'state', change: Record<string, unknown>): StateDict {
  const copy = structuredClone(dict) as { state: Record<number, object>; paramGroups: object[] };
  const target = (part === 'group' ? copy.paramGroups[0] : copy.state[0]) as Record<string, unknown>;
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) delete target[key];
    else target[key] = value;
  }
  return copy as unknown as StateDict;
}

/** A state dictionary has the documented form, and survives structured cloning. */
const plain = define('lifecycle/checkpoints/plain-data', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const dtype = anyDType(backend);
  const dict = await optimizer.stateDict();
  expectEqual(structuredClone(dict), dict, 'A structured clone:');
  expectSame(Object.keys(dict).toSorted().join(), 'paramGroups,state', 'The keys of a state dictionary');
  expectEqual(dict.paramGroups, [{ ...optimizer.defaults, params: [0], extra: {} }], 'paramGroups:');
  const values = await optimizer.averageOf(parameter).read();
  const mu = Math.fround(1 / 3);
  expectEqual(dict.state, { 0: { step: 3, eta: 0.5, mu, ax: { dtype, shape: [3], values } } }, 'state:');
});

/** Saving takes all values as of the call, not as of the moment when they arrive. */
const snapshot = define('lifecycle/checkpoints/as-of-the-call', spec, async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const before = await optimizer.stateDict();
  const saving = optimizer.stateDict();
  saving.catch(() => {}); // it is awaited below, unless something else fails first
  const [group] = optimizer.paramGroups;
  if (group) group.lr = 9;
  optimizer.step();
  expectEqual(await saving, before, 'A dictionary requested before a step:');
});

const independent = define('lifecycle/checkpoints/independent', spec, async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const loaded = fresh(backend);
  const dict = await optimizer.stateDict();
  loaded.optimizer.loadStateDict(dict);
  const kept = await loaded.optimizer.stateDict();
  await expectUnchanged(
    loaded.optimizer,
    'Training the saved optimizer and overwriting the dictionary',
    () => {
      optimizer.step();
      optimizer.dispose();
      dict.state[0]?.ax.values.fill(99);
      Object.assign(dict.paramGroups[0] ?? {}, { lr: 99 });
      Object.assign(dict.state[0] ?? {}, { step: 99 });
    },
  );
  loaded.optimizer.step();
  expectSame(kept.state[0]?.step, 3, 'The step in a dictionary saved before a step');
  expectSame(kept.state[0]?.ax.values.join(), '-1.5,-3,-4.5', 'ax in a dictionary saved before a step');
});

/** Dictionaries from before PyTorch added its flags, with scalars as numbers or as tensors of one element. */
const older = define('lifecycle/checkpoints/older', spec, async ({ backend }) => {
  const saved = averagedFixture(backend, { maximize: true, foreach: true });
  const dict = await saved.optimizer.stateDict();
  const mu = Math.fround(1 / 3);
  const tensor = (value: number): object => ({
    dtype: 'float32',
    shape: [],
    values: new Float32Array([value]),
  });
  const forms: readonly Record<string, unknown>[] = [
    { step: 3, eta: 0.5, mu },
    { step: [3], eta: [0.5], mu: [mu] },
    { step: new Float32Array([3]), eta: new Float64Array([0.5]), mu: new Float32Array([mu]) },
    { step: tensor(3), eta: tensor(0.5), mu: tensor(mu) },
  ];
  for (const form of forms) {
    const { optimizer, parameter } = fresh(backend);
    const old = changed(changed(dict, 'state', form), 'group', {
      foreach: undefined,
      maximize: undefined,
      differentiable: undefined,
      capturable: undefined,
      extra: undefined,
    });
    const [group] = optimizer.paramGroups;
    Object.assign(group ?? {}, { foreach: false, maximize: true, differentiable: true, capturable: true });
    optimizer.loadStateDict(old);
    expectSame(group?.foreach, undefined, 'foreach, which the dictionary lacks');
    for (const flag of ['maximize', 'differentiable', 'capturable'] as const) {
      expectSame(group?.[flag], false, `${flag}, which the dictionary lacks`);
    }
    expectEqual(group?.extra, {}, 'extra, which the dictionary lacks:');
    const { step, eta, mu: weight } = optimizer.state.get(parameter) ?? {};
    expectEqual({ step, eta, mu: weight }, { step: 3, eta: 0.5, mu }, 'The state:');
    optimizer.step();
    expectSame((await parameter.read()).join(), '-3,-6,-9', 'The parameter after a step');
  }
});

/** Numbers that JSON cannot express survive. */
const json = define('lifecycle/checkpoints/json', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const values = [-0, 0, 1.1, Number.NaN, Infinity, -Infinity];
  const extra = { best: -Infinity, list: [-0, { deep: Number.NaN }], text: 'NaN', none: null };
  const build = (): ASGD => {
    const params = backend.parameter(values, { dtype });
    params.grad = backend.zeros([values.length], { dtype });
    const tensorLr = { params: backend.parameter([1], { dtype }), lr: backend.tensor([0.1], { dtype }) };
    const special = { params, lr: -0, t0: Infinity, weightDecay: -0, lambd: -0, extra };
    return new ASGD(backend.capabilities.hostVisible ? [special, tensorLr] : [special]);
  };
  const optimizer = build();
  optimizer.step();
  const dict = await optimizer.stateDict();
  const text = JSON.stringify({ dict });
  const loaded = build();
  for (const group of loaded.paramGroups) Object.assign(group, { t0: 5, extra: {} });
  loaded.loadStateDict((JSON.parse(text) as { dict: StateDict }).dict);
  expectEqual(await loaded.stateDict(), dict, 'The dictionary, loaded from JSON and saved again:');
});

/** Loading replaces all state: a parameter without state in the dictionary starts over. */
const replaced = define('lifecycle/checkpoints/replaces-all-state', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const untrained = await fresh(backend).optimizer.stateDict();
  optimizer.loadStateDict(untrained);
  expectSame(optimizer.state.size, 0, 'The number of states');
  expectBits(await optimizer.averageOf(parameter).read(), await parameter.read(), 'The average');
  optimizer.step();
  expectSame(optimizer.state.get(parameter)?.step, 1, 'The step after one update');
});

/** Loading converts between precisions with one rounding, as PyTorch does. */
const precision = define(
  'lifecycle/checkpoints/other-precision',
  spec,
  async ({ backend }) => {
    for (const [from, to] of [
      ['float32', 'float64'],
      ['float64', 'float32'],
    ] as const) {
      const saved = backend.parameter([0.1, 1], { dtype: from });
      saved.grad = backend.tensor([0.3, 1], { dtype: from });
      const source = new ASGD([saved], { t0: -1 });
      for (let update = 0; update < 3; update++) source.step();
      const target = backend.parameter([0.1, 1], { dtype: to });
      const optimizer = new ASGD([target]);
      optimizer.loadStateDict(await source.stateDict());
      const loaded = await optimizer.averageOf(target).read();
      const original = await source.averageOf(saved).read();
      const expected = to === 'float32' ? Float32Array.from(original) : Float64Array.from(original);
      expectBits(loaded, expected, `An average of ${from} loaded as ${to}`);
    }
  },
  { dtypes: ['float32', 'float64'] },
);

export const checkpoints: readonly Case[] = [plain, snapshot, independent, older, json, replaced, precision];

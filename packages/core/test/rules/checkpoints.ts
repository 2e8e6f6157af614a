import { ASGD, type Backend, type Parameter, type StateDict } from '@asgd/core';
import { anyDType, type Rule, rule } from './rule.ts';
import { expectEqual, expectSame } from './expect.ts';
import { averagedFixture, fixtureOptions } from './fixture.ts';

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

/** A group's extra belongs to the user. It is kept, copied when saved, and replaced when loaded. */
const extras = rule('checkpoints/extra-keys', async ({ backend }) => {
  const dtype = anyDType(backend);
  const schedule = { warmup: [1, 2, 3] };
  const params = [backend.parameter([1], { dtype })];
  const optimizer = new ASGD([{ params, extra: { initialLr: 0.5, schedule } }]);
  expectSame(optimizer.paramGroups[0]?.extra['initialLr'], 0.5, 'An entry of extra');
  const dict = await optimizer.stateDict();
  expectEqual(dict.paramGroups[0]?.extra?.['schedule'], schedule, 'An entry of extra, saved:');
  schedule.warmup.push(4);
  const loaded = new ASGD([{ params: [backend.parameter([1], { dtype })], extra: { stale: true } }]);
  loaded.loadStateDict(dict);
  const [group] = loaded.paramGroups;
  expectEqual(
    group?.extra['schedule'],
    { warmup: [1, 2, 3] },
    'An entry of extra, saved before it changed and loaded:',
  );
  expectSame(group?.extra['initialLr'], 0.5, 'Another entry of extra, loaded');
  expectSame(
    'stale' in (group?.extra ?? {}),
    false,
    'Whether an entry that the dictionary lacks is still there',
  );
  Object.assign(dict.paramGroups[0]?.extra?.['schedule'] ?? {}, { warmup: [] });
  expectEqual(
    group?.extra['schedule'],
    { warmup: [1, 2, 3] },
    'An entry of extra, after the dictionary that it was loaded from changed:',
  );
});

const names = rule('checkpoints/names', async ({ backend }) => {
  const dtype = anyDType(backend);
  const named = (...given: string[]): ASGD =>
    new ASGD(given.map((name): [string, Parameter] => [name, backend.parameter([1], { dtype })]));
  const optimizer = named('weight', 'bias');
  expectEqual(optimizer.paramGroups[0]?.paramNames, ['weight', 'bias'], 'paramNames of a group:');
  const dict = await optimizer.stateDict();
  expectEqual(dict.paramGroups[0]?.paramNames, ['weight', 'bias'], 'paramNames, saved:');

  const renamed = named('a', 'b');
  renamed.loadStateDict(dict);
  expectEqual(renamed.paramGroups[0]?.paramNames, ['weight', 'bias'], 'paramNames from the file:');
  const kept = named('a', 'b');
  kept.loadStateDict(changed(dict, 'group', { paramNames: undefined }));
  expectEqual(kept.paramGroups[0]?.paramNames, ['a', 'b'], 'paramNames if the file has none:');
  const unnamed = new ASGD([backend.parameter([1], { dtype }), backend.parameter([1], { dtype })]);
  unnamed.loadStateDict(dict);
  expectEqual(unnamed.paramGroups[0]?.paramNames, ['weight', 'bias'], 'paramNames, new to the optimizer:');
});

/** Loading keeps the group objects, since schedulers hold on to them. */
const identity = rule('checkpoints/groups-stay-the-same-objects', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const loaded = fresh(backend);
  const [group] = loaded.optimizer.paramGroups;
  loaded.optimizer.loadStateDict(await optimizer.stateDict());
  expectSame(loaded.optimizer.paramGroups[0], group, 'The group after loading');
  expectSame(group?.lr, fixtureOptions.lr, 'Its lr');
  expectSame(group?.params[0], loaded.parameter, 'Its parameter');
});

/** eta and mu are rounded to float32, whatever a dictionary holds. */
const rounded = rule('checkpoints/counters-are-rounded', async ({ backend }) => {
  const saved = averagedFixture(backend);
  const dict = changed(await saved.optimizer.stateDict(), 'state', { eta: 0.1, mu: 0.3 });
  const { optimizer, parameter } = fresh(backend);
  optimizer.loadStateDict(dict);
  expectSame(optimizer.state.get(parameter)?.eta, Math.fround(0.1), 'eta, loaded from 0.1');
  expectSame(optimizer.state.get(parameter)?.mu, Math.fround(0.3), 'mu, loaded from 0.3');
});

export const checkpointRules: readonly Rule[] = [extras, names, identity, rounded];

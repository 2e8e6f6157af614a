import { ASGD, type Backend, type Parameter, type RealArray, type StateDict } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectBits, expectThrows } from '../expect.ts';
import { expectEqual, expectUnchanged, fixtureOptions } from '../fixture.ts';

const spec = 'State dictionary';

/** Two groups, of parameters with names or without. */
function train(backend: Backend, isNamed: boolean, options: object = fixtureOptions): Trained {
  const dtype = anyDType(backend);
  const parameters = [[1, 2, 3], [8], [5, 7]].map((values) => {
    const parameter = backend.parameter(values, { dtype });
    parameter.grad = backend.tensor(
      values.map((value) => 2 * value),
      { dtype },
    );
    return parameter;
  });
  const given = parameters.map((parameter, index) =>
    isNamed ? ([`parameter ${index}`, parameter] as const) : parameter,
  );
  const groups = [
    { params: given.slice(0, 2) },
    { params: given.slice(2), weightDecay: 0.5, extra: { note: [1] } },
  ];
  return { parameters, optimizer: new ASGD(groups, options) };
}

interface Trained {
  readonly parameters: readonly Parameter[];
  readonly optimizer: ASGD;
}

function steps({ optimizer }: Trained, count: number): void {
  for (let step = 0; step < count; step++) optimizer.step();
}

async function expectSameValues(a: Trained, b: Trained, what: string): Promise<void> {
  const read = ({ parameters }: Trained): Promise<readonly RealArray[]> =>
    Promise.all(parameters.map((parameter) => parameter.read()));
  const [ours, theirs] = await Promise.all([read(a), read(b)]);
  for (const [index, values] of ours.entries()) {
    const others = theirs[index];
    if (others) expectBits(values, others, `Parameter ${index} ${what}`);
  }
}

/** A state dictionary depends only on values, not on which tensors hold them, and is the same at every call. */
const deterministic = define(
  'lifecycle/checkpoints/equal-optimizers-save-equals',
  spec,
  async ({ backend }) => {
    for (const isNamed of [false, true]) {
      const [first, second] = [train(backend, isNamed), train(backend, isNamed)];
      steps(first, 3);
      steps(second, 3);
      const dict = await first.optimizer.stateDict();
      expectEqual(await second.optimizer.stateDict(), dict, 'The dictionary of an equal optimizer:');
      expectEqual(await first.optimizer.stateDict(), dict, 'The dictionary, requested again:');
    }
  },
);

/** After loading, a clone and its original stay in step, whichever of the two has named parameters. */
const parallel = define('lifecycle/checkpoints/clones-stay-in-step', spec, async ({ backend }) => {
  for (const [isNamed, isCloneNamed] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    const original = train(backend, isNamed);
    steps(original, 3);
    const clone = train(backend, isCloneNamed, { lr: 9, lambd: 3, maximize: true });
    for (const [index, parameter] of clone.parameters.entries()) {
      parameter.write((await original.parameters[index]?.read()) ?? []);
    }
    clone.optimizer.loadStateDict(structuredClone(await original.optimizer.stateDict()));
    for (let step = 4; step <= 6; step++) {
      steps(original, 1);
      steps(clone, 1);
      await expectSameValues(clone, original, `of a clone after step ${step}`);
    }
    const [saved, cloned] = [await original.optimizer.stateDict(), await clone.optimizer.stateDict()];
    expectEqual(cloned.state, saved.state, 'The state of a clone:');
    const names = isNamed || isCloneNamed ? ['parameter 0', 'parameter 1'] : undefined;
    expectEqual(cloned.paramGroups[0]?.paramNames, names, 'The names of a clone:');
  }
});

/** One backend can load what another saved. */
const elsewhere = define('lifecycle/checkpoints/other-backend', spec, async ({ backend, open }) => {
  const saved = train(backend, false);
  steps(saved, 3);
  const dict = await saved.optimizer.stateDict();
  const values = await Promise.all(saved.parameters.map((parameter) => parameter.read()));
  const other = train(await open(), false);
  for (const [index, parameter] of other.parameters.entries()) parameter.write(values[index] ?? []);
  other.optimizer.loadStateDict(dict);
  steps(saved, 2);
  await backend.close();
  steps(other, 2);
  const again = train(await open(), false);
  steps(again, 5);
  await expectSameValues(other, again, 'of an optimizer that was loaded on another backend');
  expectEqual(
    await other.optimizer.stateDict(),
    await again.optimizer.stateDict(),
    'The dictionary of an optimizer that was loaded on another backend:',
  );
});

/** The indices in the groups identify the parameters, whatever the indices are. */
const indices = define('lifecycle/checkpoints/indices', spec, async ({ backend }) => {
  const saved = train(backend, false);
  steps(saved, 3);
  const dict = await saved.optimizer.stateDict();
  expectEqual(
    dict.paramGroups.map(({ params }) => params),
    [[0, 1], [2]],
    'The saved indices:',
  );
  const renamed: StateDict = {
    state: Object.fromEntries(Object.entries(dict.state).map(([id, state]) => [Number(id) * 10 + 7, state])),
    paramGroups: dict.paramGroups.map((group) => ({
      ...group,
      params: group.params.map((id) => id * 10 + 7),
    })),
  };
  const loaded = train(backend, false);
  loaded.optimizer.loadStateDict(renamed);
  expectEqual(await loaded.optimizer.stateDict(), dict, 'A dictionary with other indices, loaded and saved:');

  const pair = new ASGD([{ params: [descending(backend), descending(backend)] }]);
  const { paramGroups } = await pair.stateDict();
  const twice = { state: {}, paramGroups: paramGroups.map((group) => ({ ...group, params: [3, 3] })) };
  await expectUnchanged(pair, 'Loading a group with one index twice', () =>
    expectThrows('STATE_DICT', 'A group with one index twice', () => pair.loadStateDict(twice)),
  );
});

function descending(backend: Backend): Parameter {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  return parameter;
}

export const transfers: readonly Case[] = [deterministic, parallel, elsewhere, indices];

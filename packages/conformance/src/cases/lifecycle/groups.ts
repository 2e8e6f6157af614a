import { ASGD, type Backend, type Parameter, type ParamGroupInput } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectBits, expectSame } from '../expect.ts';
import { averagedFixture, expectEqual } from '../fixture.ts';

const spec = 'Groups';

/** A parameter at `value` with a gradient of 1. */
function descending(backend: Backend, value = 0): Parameter {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([value], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  return parameter;
}

async function valuesOf(parameters: readonly Parameter[]): Promise<string> {
  const values = await Promise.all(parameters.map((parameter) => parameter.read()));
  return values.map((each) => each.join()).join();
}

/** Parameters come as one, as a pair, or as anything that can be iterated once, in its order. */
const forms = define('lifecycle/groups/forms-of-params', spec, ({ backend }) => {
  const [a, b] = [descending(backend), descending(backend)];
  const inOrder = function* inOrder(): Generator<Parameter> {
    yield a;
    yield b;
  };
  const expectParams = (optimizer: ASGD, params: readonly Parameter[], what: string): void => {
    expectEqual(optimizer.paramGroups[0]?.params, params, `The params of ${what}:`);
  };
  expectParams(new ASGD(new Set([b, a])), [b, a], 'a set');
  expectParams(new ASGD(inOrder()), [a, b], 'a generator');
  expectParams(new ASGD([{ params: a }]), [a], 'a group with a parameter in place of a list');
  expectParams(new ASGD([{ params: inOrder() }]), [a, b], 'a group with a generator');
  expectParams(new ASGD([{ params: [] }]), [], 'a group without parameters');
  const named = new ASGD(
    new Map([
      ['b', b],
      ['a', a],
    ]),
  );
  expectParams(named, [b, a], 'a map of names');
  expectEqual(named.paramGroups[0]?.paramNames, ['b', 'a'], 'The names of a map:');
  const pair = new ASGD([{ params: ['a', a] }]);
  expectParams(pair, [a], 'a group with a pair in place of a list');
  expectEqual(pair.paramGroups[0]?.paramNames, ['a'], 'The name of a pair in place of a list:');
});

/** Options that a group lacks or leaves undefined come from the optimizer. The given objects are not changed. */
const defaults = define('lifecycle/groups/defaults', spec, ({ backend }) => {
  const options = { lr: 0.5, weightDecay: 0.25, maximize: true } as const;
  const group: ParamGroupInput = { params: [descending(backend)], lr: 0.125, extra: { note: 1 } };
  const blank = { params: [descending(backend)], lr: undefined as never, maximize: undefined as never };
  const [given, kept] = [group, { ...group }];
  const optimizer = new ASGD([Object.freeze(given), Object.freeze(blank)], Object.freeze(options));
  expectEqual(given, kept, 'The group that was given:');
  const [first, second] = optimizer.paramGroups;
  const { params: _, ...found } = first ?? { params: [] };
  expectEqual(found, { ...optimizer.defaults, lr: 0.125, extra: { note: 1 } }, 'The options of a group:');
  expectSame(second?.lr, 0.5, 'lr of a group that leaves it undefined');
  expectSame(second?.maximize, true, 'maximize of a group that leaves it undefined');
  expectEqual(
    { ...optimizer.defaults },
    { ...new ASGD([descending(backend)]).defaults, ...options },
    'The defaults:',
  );
});

/** A group that is added later starts from the beginning, and does not affect the earlier ones. */
const added = define('lifecycle/groups/added-later', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  for (const group of optimizer.paramGroups) group.lr = 9; // of the first group alone
  const joining = descending(backend);
  optimizer.addParamGroup({ params: [joining], t0: -1 });
  expectSame(optimizer.paramGroups.length, 2, 'The number of groups');
  expectSame(optimizer.paramGroups[1]?.lr, 0.5, 'lr of the group that was added');
  expectSame(optimizer.state.has(joining), false, 'Whether the added parameter has state');
  optimizer.step();
  optimizer.step();
  expectSame(await valuesOf([joining]), '-1', 'The added parameter after two updates');
  expectSame((await optimizer.averageOf(joining).read()).join(), '-0.75', 'Its average');
  expectSame(optimizer.state.get(joining)?.step, 2, 'Its step');
  expectSame(optimizer.state.get(parameter)?.step, 5, 'The step of the first parameter');
  const dict = await optimizer.stateDict();
  expectEqual(
    dict.paramGroups.map(({ params }) => params),
    [[0], [1]],
    'The saved indices:',
  );
});

/** zeroGrad() acts on every group, with zeros or with null. */
const zeroed = define('lifecycle/groups/zero-grad', spec, async ({ backend }) => {
  const parameters = [descending(backend), descending(backend), descending(backend)];
  const optimizer = new ASGD(parameters.map((params) => ({ params })));
  optimizer.zeroGrad({ setToNone: false });
  for (const { grad } of parameters) {
    expectSame((await grad?.read())?.join(), '0', 'A gradient that was zeroed');
  }
  optimizer.zeroGrad();
  for (const { grad } of parameters) expectSame(grad, null, 'A gradient that was set to null');
});

/** Groups may be added while averages are swapped; the new parameter is its own average until its first step. */
const meanwhile = define('lifecycle/groups/added-while-swapped', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const joining = descending(backend, 4);
  optimizer.swapAverages();
  optimizer.addParamGroup({ params: [joining] });
  expectSame((await optimizer.averageOf(joining).read()).join(), '4', 'The average of the added parameter');
  optimizer.swapAverages();
  expectSame(await valuesOf([parameter, joining]), '-2,-4,-6,4', 'The parameters after swapping back');
  for (let update = 0; update < 3; update++) optimizer.step();
  expectSame(await valuesOf([joining]), '2.5', 'The added parameter after three updates');
  expectSame((await optimizer.averageOf(joining).read()).join(), '2.75', 'Its average');
  optimizer.withAverages(() => {});
  expectSame(await valuesOf([joining]), '2.5', 'The parameter after another swap');
});

/** Every group has its own learning rate. With an lr of almost zero, a parameter does not move. */
const rates = define('lifecycle/groups/learning-rates', spec, async ({ backend }) => {
  const [still, moving, fast] = [descending(backend, 1), descending(backend, 1), descending(backend, 1)];
  const before = await still.read();
  const groups = [{ params: [still], lr: 1e-28 }, { params: [moving] }, { params: [fast], lr: 0.5 }];
  const optimizer = new ASGD(groups, { lr: 0.25, lambd: 0 });
  optimizer.step();
  optimizer.step();
  expectBits(await still.read(), before, 'A parameter with an lr of 1e-28');
  expectSame(await valuesOf([moving, fast]), '0.5,0', 'Parameters with an lr of 0.25 and of 0.5');
});

/** Every group has its own weight decay. */
const penalties = define('lifecycle/groups/weight-decays', spec, async ({ backend }) => {
  const parameters = [descending(backend, 4), descending(backend, 4), descending(backend, 4)];
  const groups = parameters.map((params, index) => ({
    params,
    ...(index > 0 && { weightDecay: index / 4 }),
  }));
  const optimizer = new ASGD(groups, { lr: 0.5, lambd: 0 });
  optimizer.step();
  optimizer.step();
  // 4 - 2·½; 4 - ½·(1 + ¼·4) = 3, 3 - ½·(1 + ¼·3); 4 - ½·(1 + ½·4) = 2.5, 2.5 - ½·(1 + ½·2.5)
  expectSame(await valuesOf(parameters), '3,2.125,1.375', 'Parameters with a weightDecay of 0, 1/4 and 1/2');
});

export const groups: readonly Case[] = [forms, defaults, added, zeroed, meanwhile, rates, penalties];

import { ASGD, type Backend, type Parameter } from '@asgd/core';
import { anyDType, type Rule, rule } from './rule.ts';
import { describe, expectThrows } from './expect.ts';
import { averagedFixture, expectUnchanged } from './fixture.ts';

function one(backend: Backend): Parameter {
  return backend.parameter([1], { dtype: anyDType(backend) });
}

const list = rule('parameters/not-a-list', ({ backend }) => {
  const parameter = one(backend);
  expectThrows('INVALID_ARGUMENT', 'An empty list', () => new ASGD([]));
  for (const params of [undefined, null, 3, 'weights', parameter, { params: [parameter] }]) {
    expectThrows('INVALID_ARGUMENT', `${describe(params)} for a list`, () => new ASGD(params as never));
  }
});

const items = rule('parameters/not-parameters', ({ backend }) => {
  const parameter = one(backend);
  const tensor = backend.tensor([1], { dtype: anyDType(backend) });
  for (const item of [
    null,
    undefined,
    3,
    'weight',
    [1, 2],
    new Float32Array(1),
    tensor,
    ['weight', tensor],
  ]) {
    expectThrows(
      'INVALID_ARGUMENT',
      `${describe(item)} for a parameter`,
      () => new ASGD([parameter, item as never]),
    );
    expectThrows(
      'INVALID_ARGUMENT',
      `${describe(item)} for a parameter of a group`,
      () => new ASGD([{ params: [parameter, item as never] }]),
    );
  }
});

const groups = rule('parameters/not-groups', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  for (const group of [
    null,
    undefined,
    3,
    {},
    one(backend),
    [one(backend)],
    { params: 3 },
    { params: null },
  ]) {
    const what = `${describe(group)} for a group`;
    await expectUnchanged(optimizer, what, () =>
      expectThrows('INVALID_ARGUMENT', what, () => optimizer.addParamGroup(group as never)),
    );
  }
  expectThrows(
    'INVALID_ARGUMENT',
    'A parameter after a group',
    () => new ASGD([{ params: [one(backend)] }, one(backend)] as never),
  );
});

const duplicates = rule('parameters/duplicates', async ({ backend }) => {
  const parameter = one(backend);
  expectThrows('INVALID_ARGUMENT', 'The same parameter twice', () => new ASGD([parameter, parameter]));
  expectThrows(
    'INVALID_ARGUMENT',
    'The same parameter under two names',
    () =>
      new ASGD([
        ['a', parameter],
        ['b', parameter],
      ]),
  );
  expectThrows(
    'INVALID_ARGUMENT',
    'The same parameter in two groups',
    () => new ASGD([{ params: [parameter] }, { params: [one(backend), parameter] }]),
  );
  const { optimizer, parameter: taken } = averagedFixture(backend);
  await expectUnchanged(optimizer, 'Adding a parameter again', () =>
    expectThrows('INVALID_ARGUMENT', 'Adding a parameter again', () => {
      optimizer.addParamGroup({ params: [one(backend), taken] });
    }),
  );
});

const naming = rule('parameters/partly-named', async ({ backend }) => {
  const [a, b] = [one(backend), one(backend)];
  const named: [string, Parameter] = ['b', b];
  expectThrows('INVALID_ARGUMENT', 'One of two parameters named', () => new ASGD([a, named]));
  expectThrows('INVALID_ARGUMENT', 'One of two parameters unnamed', () => new ASGD([named, a]));
  expectThrows(
    'INVALID_ARGUMENT',
    'One of two groups named',
    () => new ASGD([{ params: [a] }, { params: [named] }]),
  );
  const { optimizer } = averagedFixture(backend);
  await expectUnchanged(optimizer, 'Adding a named group to unnamed ones', () =>
    expectThrows('INVALID_ARGUMENT', 'A named group next to unnamed ones', () => {
      optimizer.addParamGroup({ params: [named] });
    }),
  );
});

const stranger = rule('parameters/stranger', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  for (const parameter of [one(backend), undefined, null, 'weight']) {
    await expectUnchanged(optimizer, 'averageOf() for a parameter of another optimizer', () =>
      expectThrows('INVALID_ARGUMENT', `averageOf ${describe(parameter)}`, () =>
        optimizer.averageOf(parameter as never),
      ),
    );
  }
});

export const parameterRules: readonly Rule[] = [list, items, groups, duplicates, naming, stranger];

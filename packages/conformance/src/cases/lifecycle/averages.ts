import { ASGD, type Parameter, type RealArray } from '@asgd/core';
import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expect, expectBits, expectSame } from '../expect.ts';
import { averagedFixture, expectUnchanged, type Fixture } from '../fixture.ts';

const spec = 'Swapping averages';

const iterate = '-2,-4,-6';
const average = '-1.5,-3,-4.5';

async function read(parameter: Parameter): Promise<string> {
  return (await parameter.read()).join();
}

async function readAverage({ optimizer, parameter }: Fixture): Promise<string> {
  return (await optimizer.averageOf(parameter).read()).join();
}

const live = define('lifecycle/averages/live', 'Averaging', async ({ backend }) => {
  const fixture = averagedFixture(backend, { t0: 2 });
  const { optimizer, parameter } = fixture;
  const tensor = optimizer.averageOf(parameter);
  const now = async (): Promise<string> => (await tensor.read()).join();
  expectSame(await now(), iterate, 'The average while it is the parameter');
  parameter.write([8, 8, 8]);
  expectSame(await now(), '8,8,8', 'The average while it is the parameter, after a write');
  parameter.write([-2, -4, -6]);
  optimizer.step();
  optimizer.step();
  expectSame(await read(parameter), '-4,-8,-12', 'The parameter after two more steps');
  expectSame(await now(), '-3.5,-7,-10.5', 'The same tensor after averaging began');
  expectSame(optimizer.state.get(parameter)?.ax, optimizer.averageOf(parameter), 'ax of the state');
});

const swapped = define('lifecycle/averages/swap', spec, async ({ backend }) => {
  const fixture = averagedFixture(backend);
  const { optimizer, parameter } = fixture;
  expectSame(optimizer.swapped, false, '`swapped` at first');
  expectSame(await read(parameter), iterate, 'The parameter at first');
  optimizer.swapAverages();
  expectSame(optimizer.swapped, true, '`swapped` after swapAverages()');
  expectSame(await read(parameter), average, 'The parameter after swapAverages()');
  expectSame(await readAverage(fixture), average, 'The average after swapAverages()');
  optimizer.swapAverages();
  expectSame(optimizer.swapped, false, '`swapped` after a second swapAverages()');
  expectSame(await read(parameter), iterate, 'The parameter after a second swapAverages()');
  expectSame(await readAverage(fixture), average, 'The average after a second swapAverages()');
});

const saved = define('lifecycle/averages/state-dict-while-swapped', spec, async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const before = await optimizer.stateDict();
  optimizer.swapAverages();
  const during = await optimizer.stateDict();
  expectSame(during.state[0]?.ax.values.join(), before.state[0]?.ax.values.join(), 'ax saved while swapped');
});

const within = define('lifecycle/averages/with-averages', spec, async ({ backend }) => {
  const fixture = averagedFixture(backend);
  const { optimizer, parameter } = fixture;
  const during = optimizer.withAverages(() => {
    expectSame(optimizer.swapped, true, '`swapped` within withAverages()');
    return read(parameter);
  });
  expect(during instanceof Promise, 'withAverages(async) should return a promise.');
  expectSame(optimizer.swapped, true, '`swapped` until the promise resolves');
  expectSame(await during, average, 'The parameter within withAverages()');
  expectSame(optimizer.swapped, false, '`swapped` after withAverages()');
  expectSame(await read(parameter), iterate, 'The parameter after withAverages()');
  expectSame(
    optimizer.withAverages(() => 7),
    7,
    'What withAverages() returns',
  );
  expectSame(optimizer.swapped, false, '`swapped` after withAverages(sync)');
  optimizer.step();
});

/** Swapping may share scratch memory between parameters of one length, but not between different dtypes. */
const ofTwoDTypes = define(
  'lifecycle/averages/swap-of-two-dtypes',
  spec,
  async ({ backend }) => {
    const parameters = (['float32', 'float64'] as const).map((dtype) => {
      const parameter = backend.parameter([0.1, 0.2, 0.3], { dtype });
      parameter.grad = backend.tensor([0.7, 0.8, 0.9], { dtype });
      return parameter;
    });
    for (const order of [parameters, parameters.toReversed()]) {
      const optimizer = new ASGD(order, { lr: 0.3, t0: -1 });
      for (let step = 0; step < 3; step++) optimizer.step();
      const readAll = (): Promise<readonly RealArray[]> =>
        Promise.all(order.map((parameter) => parameter.read()));
      const iterates = await readAll();
      const averages = await Promise.all(order.map((parameter) => optimizer.averageOf(parameter).read()));
      optimizer.swapAverages();
      (await readAll()).forEach((values, at) =>
        expectBits(values, averages[at] ?? values.slice(1), 'A parameter, swapped'),
      );
      optimizer.swapAverages();
      (await readAll()).forEach((values, at) =>
        expectBits(values, iterates[at] ?? values.slice(1), 'A parameter, swapped twice'),
      );
    }
  },
  { dtypes: ['float32', 'float64'] },
);

/** A thenable is awaited. */
const thenables = define('lifecycle/averages/with-averages-of-thenables', spec, async ({ backend }) => {
  const fixture = averagedFixture(backend);
  const { optimizer, parameter } = fixture;
  let resolve: ((value: number) => void) | undefined;
  const thenable: PromiseLike<number> = {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
    then: (onfulfilled, onrejected) =>
      new Promise<number>((done) => (resolve = done)).then(onfulfilled, onrejected),
  };
  const during = optimizer.withAverages(() => thenable);
  await Promise.resolve();
  expectSame(await read(parameter), average, 'The parameter until a thenable is settled');
  resolve?.(7);
  expectSame(await during, 7, 'What withAverages() resolves to');
  expectSame(await read(parameter), iterate, 'The parameter after a thenable was settled');
});

/** A parameter that was disposed meanwhile is not restored. An error of the caller takes precedence. */
const disposedWithin = define('lifecycle/averages/disposed-within', spec, async ({ backend }) => {
  const failure = new Error('of the caller');
  const ends: readonly ((fixture: Fixture) => void)[] = [
    ({ optimizer }) => optimizer.dispose(),
    ({ parameter }) => parameter.dispose(),
  ];
  for (const end of ends) {
    const ways: readonly ((fixture: Fixture) => unknown)[] = [
      (fixture) => fixture.optimizer.withAverages(() => end(fixture)),
      (fixture) => fixture.optimizer.withAverages(async () => end(fixture)),
      (fixture) =>
        fixture.optimizer.withAverages(() => {
          end(fixture);
          throw failure;
        }),
      (fixture) =>
        fixture.optimizer.withAverages(async () => {
          end(fixture);
          throw failure;
        }),
    ];
    for (const [index, way] of ways.entries()) {
      const fixture = averagedFixture(backend);
      const { parameter: other, optimizer: whole } = fixture;
      const beside = averagedFixture(backend).parameter;
      beside.grad = backend.tensor([2, 4, 6], { dtype: beside.dtype });
      whole.addParamGroup({ params: beside, t0: -1 });
      for (let step = 0; step < 2; step++) whole.step();
      const expected = await read(beside);
      let thrown: unknown;
      try {
        await way(fixture);
      } catch (error) {
        thrown = error;
      }
      expectSame(thrown, index < 2 ? undefined : failure, `What withAverages() throws in variant ${index}`);
      if (other.disposed) {
        expectSame(await read(beside), expected, 'The parameter next to a disposed one');
      }
    }
  }
});

const failing = define('lifecycle/averages/restored-after-failure', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  const failure = new Error('The evaluation failed.');
  await expectUnchanged(optimizer, 'withAverages() of a function that throws', () => {
    expectSame(caught(optimizer, failure), failure, 'What withAverages() threw');
  });
  await expectUnchanged(optimizer, 'withAverages() of a function that rejects', async () => {
    const rejected: unknown = await optimizer
      .withAverages(async () => {
        await Promise.resolve();
        throw failure;
      })
      .catch((error: unknown) => error);
    expectSame(rejected, failure, 'What withAverages() rejected with');
  });
  expectSame(await read(parameter), iterate, 'The parameter after both');
  optimizer.step();
});

function caught(optimizer: ASGD, failure: Error): unknown {
  try {
    optimizer.withAverages(() => {
      throw failure;
    });
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Writes while averages are swapped go to the averages. */
const written = define('lifecycle/averages/written-while-swapped', spec, async ({ backend }) => {
  const fixture = averagedFixture(backend);
  const { optimizer, parameter } = fixture;
  optimizer.withAverages(() => parameter.write([7, 8, 9]));
  expectSame(await read(parameter), iterate, 'The parameter');
  expectSame(await readAverage(fixture), '7,8,9', 'The average, written through the parameter');
});

/** If the optimizer is disposed while averages are swapped, the averages stay in the parameters. */
const kept = define('lifecycle/averages/disposed-while-swapped', spec, async ({ backend }) => {
  const { optimizer, parameter, gradient } = averagedFixture(backend);
  optimizer.swapAverages();
  optimizer.dispose();
  expectSame(await read(parameter), average, 'The parameter of an optimizer disposed while swapped');
  expectSame((await gradient.read()).join(), '2,4,6', 'Its gradient');
  // A new tensor may get memory that the optimizer freed. That must not be the parameter's.
  backend.tensor([7, 8, 9], { dtype: parameter.dtype });
  expectSame(await read(parameter), average, 'The parameter after a new tensor was allocated');
});

export const averages: readonly Case[] = [
  live,
  swapped,
  ofTwoDTypes,
  saved,
  within,
  thenables,
  disposedWithin,
  failing,
  written,
  kept,
];

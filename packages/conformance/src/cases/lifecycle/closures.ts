import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expect, expectSame } from '../expect.ts';
import { averagedFixture, expectUnchanged } from '../fixture.ts';

const returned = define('lifecycle/closures/loss-is-returned', 'Hooks', async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  expectSame(optimizer.step(), undefined, 'What step() returns');
  expectSame(
    optimizer.step(() => 0.25),
    0.25,
    'What step(closure) returns',
  );
  const promise = optimizer.step(async () => 'loss');
  expect(promise instanceof Promise, 'step(async closure) should return a promise.');
  expectSame(await promise, 'loss', 'What the promise resolves to');
  expectSame(optimizer.state.get(parameter)?.step, 6, 'The step after three more');
});

/** The closure comes before everything else, so that the gradients it computes are the ones that count. */
const gradients = define(
  'lifecycle/closures/gradients-of-the-closure-count',
  'Hooks',
  async ({ backend }) => {
    const { optimizer, parameter, gradient } = averagedFixture(backend);
    const read = async (): Promise<string> => (await parameter.read()).join();
    optimizer.step(() => gradient.write([-2, -4, -6]));
    expectSame(await read(), '-1,-2,-3', 'The parameter after a closure that wrote the gradient');
    optimizer.step(() => {
      parameter.grad = null;
    });
    expectSame(await read(), '-1,-2,-3', 'The parameter after a closure that took the gradient away');
    await optimizer.step(async () => {
      await Promise.resolve();
      parameter.grad = gradient;
    });
    expectSame(await read(), '0,0,0', 'The parameter after an async closure that gave it back');
  },
);

const failing = define(
  'lifecycle/closures/failing-closure-changes-nothing',
  'Errors',
  async ({ backend }) => {
    const { optimizer } = averagedFixture(backend);
    const failure = new Error('The loss could not be computed.');
    await expectUnchanged(optimizer, 'A closure that throws', () => {
      let thrown: unknown;
      try {
        optimizer.step(() => {
          throw failure;
        });
      } catch (error) {
        thrown = error;
      }
      expectSame(thrown, failure, 'What step() threw');
    });
    await expectUnchanged(optimizer, 'An async closure that rejects', async () => {
      const rejected: unknown = await optimizer
        .step(async () => {
          await Promise.resolve();
          throw failure;
        })
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      expectSame(rejected, failure, 'What step() rejected with');
    });
  },
);

export const closures: readonly Case[] = [returned, gradients, failing];

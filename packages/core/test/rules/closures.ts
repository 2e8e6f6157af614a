import { type Rule, rule } from './rule.ts';
import { describe, expect, expectSame, expectThrows } from './expect.ts';
import { averagedFixture, expectUnchanged } from './fixture.ts';

const returned = rule('closures/loss-is-returned', async ({ backend }) => {
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

const failing = rule('closures/failing-closure-changes-nothing', async ({ backend }) => {
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
});

const refused = rule('closures/not-functions', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  for (const closure of [null, 0, 1, false, 'loss', {}, [], Promise.resolve(1)]) {
    await expectUnchanged(optimizer, `step(${describe(closure)})`, () =>
      expectThrows('INVALID_ARGUMENT', `step(${describe(closure)})`, () => optimizer.step(closure as never)),
    );
  }
});

export const closureRules: readonly Rule[] = [returned, failing, refused];

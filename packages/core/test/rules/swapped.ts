import { type Rule, rule } from './rule.ts';
import { expectRejects, expectSame, expectThrows } from './expect.ts';
import { averagedFixture, expectUnchanged } from './fixture.ts';

const refused = rule('swapped/refused', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const dict = await optimizer.stateDict();
  optimizer.swapAverages();
  await expectUnchanged(optimizer, 'Calls while averages are swapped', () => {
    expectThrows('AVERAGES_SWAPPED', 'step() while swapped', () => optimizer.step());
    expectThrows('AVERAGES_SWAPPED', 'step(closure) while swapped', () => {
      optimizer.step(() => {
        throw new Error('The closure was called.');
      });
    });
    expectThrows('AVERAGES_SWAPPED', 'loadStateDict() while swapped', () => optimizer.loadStateDict(dict));
    expectThrows('AVERAGES_SWAPPED', 'withAverages() while swapped', () => optimizer.withAverages(() => {}));
  });
  optimizer.swapAverages();
  optimizer.step();
});

const functions = rule('swapped/not-functions', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  for (const fn of [undefined, null, 0, 'fn', {}, Promise.resolve()]) {
    await expectUnchanged(optimizer, 'withAverages() without a function', () =>
      expectThrows('INVALID_ARGUMENT', 'withAverages() without a function', () =>
        optimizer.withAverages(fn as never),
      ),
    );
  }
});

/** If the closure swaps the averages, no step is possible afterwards. */
const meanwhile = rule('swapped/by-the-closure', async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  expectThrows('AVERAGES_SWAPPED', 'A closure that swaps', () =>
    optimizer.step(() => optimizer.swapAverages()),
  );
  optimizer.swapAverages();
  const step = optimizer.step(async () => optimizer.swapAverages());
  await expectRejects('AVERAGES_SWAPPED', 'An async closure that swaps', step);
  optimizer.swapAverages();
  expectSame(optimizer.state.get(parameter)?.step, 3, 'The step after failed steps');
});

/** Swapping counts even before averaging begins. */
const early = rule('swapped/before-averaging', ({ backend }) => {
  const { optimizer } = averagedFixture(backend, { t0: 1e6 });
  optimizer.swapAverages();
  expectSame(optimizer.swapped, true, '`swapped` before averaging');
  expectThrows('AVERAGES_SWAPPED', 'step() while swapped, before averaging', () => optimizer.step());
  optimizer.swapAverages();
  optimizer.step();
});

export const swappedRules: readonly Rule[] = [refused, functions, meanwhile, early];

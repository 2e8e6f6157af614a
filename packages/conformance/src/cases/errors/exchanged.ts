import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expectRejects, expectSame, expectThrows } from '../expect.ts';
import { averagedFixture, expectUnchanged } from '../fixture.ts';

const spec = 'Swapping averages';

const refused = define('errors/exchanged/refused', spec, async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const dict = await optimizer.stateDict();
  optimizer.swapAverages();
  await expectUnchanged(optimizer, 'Calls while averages are exchanged', () => {
    expectThrows('EXCHANGED', 'step() while exchanged', () => optimizer.step());
    expectThrows('EXCHANGED', 'step(closure) while exchanged', () => {
      optimizer.step(() => {
        throw new Error('The closure was called.');
      });
    });
    expectThrows('EXCHANGED', 'loadStateDict() while exchanged', () => optimizer.loadStateDict(dict));
    expectThrows('EXCHANGED', 'withAverages() while exchanged', () => optimizer.withAverages(() => {}));
  });
  optimizer.swapAverages();
  optimizer.step();
});

const functions = define('errors/exchanged/not-functions', spec, async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  for (const fn of [undefined, null, 0, 'fn', {}, Promise.resolve()]) {
    await expectUnchanged(optimizer, 'withAverages() without a function', () =>
      expectThrows('INVALID_ARGUMENT', 'withAverages() without a function', () =>
        optimizer.withAverages(fn as never),
      ),
    );
  }
});

/** The closure swaps the averages: after that, no step is possible. */
const meanwhile = define('errors/exchanged/by-the-closure', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  expectThrows('EXCHANGED', 'A closure that exchanges', () => optimizer.step(() => optimizer.swapAverages()));
  optimizer.swapAverages();
  const step = optimizer.step(async () => optimizer.swapAverages());
  await expectRejects('EXCHANGED', 'An async closure that exchanges', step);
  optimizer.swapAverages();
  expectSame(optimizer.state.get(parameter)?.step, 3, 'The step after steps that failed');
});

const within = define('errors/exchanged/within-with-averages', spec, async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  await expectUnchanged(optimizer, 'Calls within withAverages', () =>
    optimizer.withAverages(() => {
      expectThrows('EXCHANGED', 'step() within withAverages', () => optimizer.step());
      expectThrows('EXCHANGED', 'withAverages() within itself', () => optimizer.withAverages(() => {}));
    }),
  );
});

/** Swapping counts even while the averages still are the parameters. */
const early = define('errors/exchanged/before-averaging', spec, ({ backend }) => {
  const { optimizer } = averagedFixture(backend, { t0: 1e6 });
  optimizer.swapAverages();
  expectSame(optimizer.exchanged, true, '`exchanged` before averaging');
  expectThrows('EXCHANGED', 'step() while exchanged, before averaging', () => optimizer.step());
  optimizer.swapAverages();
  optimizer.step();
});

export const exchangedErrors: readonly Case[] = [refused, functions, meanwhile, within, early];

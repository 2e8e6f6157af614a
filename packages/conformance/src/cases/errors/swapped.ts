import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expectThrows } from '../expect.ts';
import { averagedFixture, expectUnchanged } from '../fixture.ts';

const spec = 'Swapping averages';

const within = define('errors/swapped/within-with-averages', spec, async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  await expectUnchanged(optimizer, 'Calls within withAverages', () =>
    optimizer.withAverages(() => {
      expectThrows('AVERAGES_SWAPPED', 'step() within withAverages', () => optimizer.step());
      expectThrows('AVERAGES_SWAPPED', 'withAverages() within itself', () =>
        optimizer.withAverages(() => {}),
      );
    }),
  );
});

export const swappedErrors: readonly Case[] = [within];

import { Random } from '@asgd/linear';
import type { Reading } from './bytes.ts';
import type { Subset, Selection } from './subset.ts';

/** Seeds have 32 bits, and a generator takes 53. After so many epochs, their orders come again. */
const mostEpochs = 2 ** 21;

/**
 * A part's rows in the order of epoch `epoch`, without the first `skip`. As many rows as fit in memory are shuffled at
 * a time: all of them, if the table is in memory. The order depends only on the seed and the number of the epoch, so a
 * resumed run finds its place again without a stored order.
 */
export async function* shuffled(
  subset: Subset,
  seed: number,
  epoch: number,
  skip: number,
  reading?: Reading,
): AsyncGenerator<Selection> {
  const random = new Random(seed * mostEpochs + (epoch % mostEpochs));
  let toSkip = skip;
  for await (const { rows, picks } of subset.selections(reading)) {
    random.shuffle(picks);
    const skipped = Math.min(toSkip, picks.length);
    toSkip -= skipped;
    if (skipped < picks.length) yield { rows, picks: picks.subarray(skipped) };
  }
}

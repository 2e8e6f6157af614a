import { Random } from '../random.ts';
import type { Reading } from './bytes.ts';
import type { Subset, Selection } from './subset.ts';

/**
 * A part's rows in the order in which epoch `epoch` takes them, without the first `skip` of that order. As many rows
 * as the memory allows are shuffled at a time: all of them, when the table is in memory. The order follows from the
 * seed and the epoch's number alone, so a run that was stopped finds its place again without having stored it.
 */
export async function* shuffled(
  subset: Subset,
  seed: number,
  epoch: number,
  skip: number,
  reading?: Reading,
): AsyncGenerator<Selection> {
  const random = new Random(seed, epoch);
  let toSkip = skip;
  for await (const { rows, picks } of subset.selections(reading)) {
    random.shuffle(picks);
    const skipped = Math.min(toSkip, picks.length);
    toSkip -= skipped;
    if (skipped < picks.length) yield { rows, picks: picks.subarray(skipped) };
  }
}

import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Random } from '@asgd/linear';
import type { LabelledRows } from './problem.ts';

/** How a row is written: with LIBSVM's columns from 1, or as Vowpal Wabbit takes it. */
const forms = {
  svm: { afterLabel: '', firstColumn: 1 },
  vw: { afterLabel: ' |', firstColumn: 0 },
} as const;

export async function writeRows(file: string, rows: LabelledRows, form: keyof typeof forms): Promise<void> {
  await pipeline(Readable.from(linesOf(rows, forms[form])), createWriteStream(file));
}

function* linesOf(
  { rows: { data, indices, indptr }, labels }: LabelledRows,
  { afterLabel, firstColumn }: (typeof forms)[keyof typeof forms],
): Generator<string> {
  const atOnce = 1000;
  let text = '';
  for (let row = 0; row < labels.length; row++) {
    text += `${labels[row]}${afterLabel}`;
    const to = indptr[row + 1] ?? 0;
    for (let at = indptr[row] ?? 0; at < to; at++) text += ` ${(indices[at] ?? 0) + firstColumn}:${data[at]}`;
    text += '\n';
    if (row % atOnce < atOnce - 1 && row < labels.length - 1) continue;
    yield text;
    text = '';
  }
}

/**
 * The order in which `fit` of `@asgd/linear` visits rows, for a peer that is to visit them in the same one: first how it
 * lays the rows out in memory, then the places visited in each epoch. Should `fit` change, the peer's weights differ, and
 * nothing is measured.
 */
export async function writeOrder(file: string, count: number, epochs: number, seed = 0): Promise<void> {
  const layout = Uint32Array.from({ length: count }, (_, row) => row);
  new Random(seed).shuffle(layout);
  const random = new Random(seed + 1);
  const size = Math.max(1, Math.min(256, Math.floor(count / 256)));
  const orders = Array.from({ length: epochs }, () => random.blocks(count, size));
  await writeFile(file, Buffer.concat([layout, ...orders].map(({ buffer }) => Buffer.from(buffer))));
}

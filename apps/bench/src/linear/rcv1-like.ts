import type { SparseMatrix } from '@asgd/linear';
import type { LabelledRows, Problem } from './problem.ts';

/** The shape of RCV1's training set in Bottou's experiments, with fewer rows. */
const shape = { training: 100_000, test: 20_000, features: 47_000 };

/**
 * Synthetic rows with the shape of RCV1 (Lewis et al. 2004): about 73 words a row, which occur as in texts, weighted by
 * log tf-idf and scaled to length 1. The words of the two classes differ somewhat in frequency, and 3 % of the labels are
 * wrong. The same rows every time; another engine may round a logarithm otherwise.
 */
export function rcv1Like({ training, test, features }: typeof shape = shape): Problem {
  const random = mulberry32(12_345);
  const words = vocabulary(features, random);
  return {
    id: 'rcv1-like',
    label: 'RCV1’s shape',
    features,
    training: writeRows(training, words, random),
    test: writeRows(test, words, random),
    lambd: 1e-5,
  };
}

interface Vocabulary {
  /** Sums of frequencies by rank, the most frequent word first. */
  readonly sums: Float64Array;
  /** The column of each word: not by rank, as stems are numbered by the alphabet. */
  readonly columns: Uint32Array;
  readonly idf: Float64Array;
  /** How much likelier a word is in the one class than in the other, from -0.7 to 0.7. Most are 0. */
  readonly leaning: Float64Array;
}

/** Frequencies by the law of Zipf and Mandelbrot, 1 / (rank + 30). */
function vocabulary(features: number, random: () => number): Vocabulary {
  const sums = new Float64Array(features);
  let sum = 0;
  for (let rank = 0; rank < features; rank++) sums[rank] = sum += 1 / (rank + 30);
  const columns = Uint32Array.from({ length: features }, (_, column) => column);
  for (let last = features - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const held = columns[last] ?? 0;
    columns[last] = columns[other] ?? 0;
    columns[other] = held;
  }
  return {
    sums,
    columns,
    idf: Float64Array.from({ length: features }, (_, rank) => Math.log((sum * (rank + 30)) / 70 + 1.5)),
    leaning: Float64Array.from({ length: features }, () => (random() < 0.15 ? 1.4 * random() - 0.7 : 0)),
  };
}

function writeRows(count: number, words: Vocabulary, random: () => number): LabelledRows {
  const indptr = new Uint32Array(count + 1);
  const labels = new Int8Array(count);
  const indices: number[] = [];
  const data: number[] = [];
  for (let row = 0; row < count; row++) {
    const label = random() < 0.47 ? 1 : -1;
    const cells = writeRow(label, words, random);
    const length = Math.hypot(...cells.values());
    for (const [column, value] of [...cells].toSorted(([a], [b]) => a - b)) {
      indices.push(column);
      data.push(Math.round((value / length) * 1e6) / 1e6);
    }
    indptr[row + 1] = indices.length;
    labels[row] = random() < 0.03 ? -label : label;
  }
  const rows: SparseMatrix = {
    data: Float64Array.from(data),
    indices: Uint32Array.from(indices),
    indptr,
    shape: [count, words.columns.length],
  };
  return { rows, labels };
}

/** The words of one text, by column: (1 + log tf) idf. */
function writeRow(
  label: number,
  { sums, columns, idf, leaning }: Vocabulary,
  random: () => number,
): Map<number, number> {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const length = Math.round(Math.exp(4.15 + 0.55 * normal) * 0.95) + 3;
  const counts = new Map<number, number>();
  for (let at = 0; at < length; at++) {
    let rank;
    do rank = rankAt(random() * (sums.at(-1) ?? 0), sums);
    while (random() > 0.5 * (1 + label * (leaning[rank] ?? 0)));
    counts.set(rank, (counts.get(rank) ?? 0) + 1);
  }
  return new Map(
    [...counts].map(([rank, times]) => [columns[rank] ?? 0, (1 + Math.log(times)) * (idf[rank] ?? 0)]),
  );
}

/** The first rank whose sum reaches `wanted`. */
function rankAt(wanted: number, sums: Float64Array): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** T. Ettinger's generator: 32 bits of state. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

import type { Engine, EngineOptions, Linear } from './engine.ts';
import { DivergedError } from './errors.ts';
import { rowLoss } from './kernels/row-loss.ts';
import type { CommonOptions, Epoch } from './options.ts';
import { Random } from './random.ts';
import type { Examples } from './runner.ts';
import { scoreRows } from './score.ts';
import { select } from './table.ts';

/**
 * How many rows, which are next to each other at random, are visited one after another in every epoch. Memory is read
 * ahead then, and training on many sparse rows takes half the time. There are 256 blocks or more, so that epochs differ.
 */
export function rowsPerBlock(count: number): number {
  return Math.max(1, Math.min(256, Math.floor(count / 256)));
}

/** What to train on, laid out in the order of `rows`, which are its rows' numbers; and what is held out. */
export interface Split {
  readonly rows: Uint32Array;
  readonly training: Examples;
  readonly validation: Examples;
}

/** With early stopping some rows are held out, chosen at random. Of one row, none is. */
export function splitRows(
  examples: Examples,
  { shuffle, earlyStopping, validationFraction, seed }: CommonOptions,
): Split {
  const { count } = examples.table;
  const numbers = Uint32Array.from({ length: count }, (_, row) => row);
  if (shuffle || earlyStopping) new Random(seed).shuffle(numbers);
  const held = earlyStopping ? Math.min(count - 1, Math.max(1, Math.round(count * validationFraction))) : 0;
  const rows = shuffle ? numbers.subarray(held) : numbers.slice(held).toSorted();
  return { rows, training: pick(examples, rows), validation: pick(examples, numbers.slice(0, held)) };
}

/** The examples of some rows, in the order that names them. */
function pick({ table, targets, weights }: Examples, rows: Uint32Array): Examples {
  const among = (numbers: Float64Array): Float64Array =>
    Float64Array.from({ length: rows.length }, (_, at) => numbers[rows[at] ?? 0] ?? NaN);
  return { table: select(table, rows), targets: among(targets), weights: among(weights) };
}

/** Trains a new engine. With early stopping it ends up as it was after the best epoch. @throws DivergedError */
export function trainEpochs(
  engine: Engine,
  { rows, training, validation }: Split,
  { epochs, shuffle, seed, earlyStopping, patience, tolerance, onEpoch }: CommonOptions,
): void {
  const random = new Random(seed + 1);
  const { count } = training.table;
  const totalWeight = sumOf(training.weights);
  engine.load(training);
  let best = { loss: Infinity, epoch: 0, snapshot: engine.snapshot() };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = shuffle ? random.blocks(count, rowsPerBlock(count)) : Uint32Array.from(rows.keys());
    const { trained, loss } =
      onEpoch === undefined ? { trained: engine.train(order), loss: NaN } : engine.trainAndMeasure(order);
    if (trained < count) throw divergence(engine, `in epoch ${epoch}, at row ${rows[order[trained] ?? 0]}`);
    const validationLoss = earlyStopping ? meanLoss(engine.options, engine.average(), validation) : undefined;
    onEpoch?.({
      epoch,
      steps: engine.step,
      trainLoss: loss / totalWeight,
      ...(validationLoss !== undefined && { validationLoss }),
    } satisfies Epoch);
    if (validationLoss === undefined) continue;
    if (epoch === 1 || validationLoss < best.loss * (1 - tolerance)) {
      best = { loss: validationLoss, epoch, snapshot: engine.snapshot() };
    } else if (epoch - best.epoch >= patience) break;
  }
  if (earlyStopping) engine.restore(best.snapshot);
  engine.unload();
}

/** What to say when weights have left the range of numbers. */
export function divergence({ options: { lr } }: Engine, where: string): DivergedError {
  return new DivergedError(
    `Training diverged ${where}: scores are no longer finite numbers. Scale the features to about 1 (StandardScaler does ` +
      `it for dense rows), or give a smaller lr than ${lr}.`,
  );
}

/** The mean loss of rows under given weights. */
export function meanLoss(
  { loss, outputs, epsilon }: EngineOptions,
  linear: Linear,
  { table, targets, weights }: Examples,
): number {
  const scores = scoreRows(linear, table);
  let sum = 0;
  for (let row = 0; row < table.count; row++) {
    sum +=
      (weights[row] ?? NaN) * rowLoss(loss, scores, row * outputs, outputs, targets[row] ?? NaN, epsilon);
  }
  return sum / sumOf(weights);
}

export function sumOf(numbers: Float64Array): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

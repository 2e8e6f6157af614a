import { setImmediate as eventLoop } from 'node:timers/promises';
import { DivergedError } from '@asgd/linear';
import type { Reading } from './data/bytes.ts';
import { type Cut, cutChunks } from './data/chunks.ts';
import { shuffled } from './data/shuffle.ts';
import type { Subset } from './data/subset.ts';
import { UserError } from './errors.ts';
import { learn, type Model } from './model.ts';
import type { Task } from './task.ts';

/** Where a run is: always between two chunks. */
export interface Position {
  /** Epochs completed. */
  epoch: number;
  /** Rows of the current epoch that have been used. */
  rows: number;
  /** Steps since the beginning. */
  steps: number;
  /** The sum of the losses of those rows, each under the model at the time when it was used. */
  lossSum: number;
}

/** What an epoch needs. */
export interface Training {
  readonly subset: Subset;
  readonly task: Task;
  readonly model: Model;
  /** The learning rate, for a message. */
  readonly lr: number;
  readonly seed: number;
  readonly cut: Cut;
  /** Stops the epoch after the current chunk. */
  readonly signal: AbortSignal;
  readonly reading?: Reading;
  /** Called after every chunk, which made so many steps. */
  afterChunk?(position: Readonly<Position>, made: number): Promise<void> | undefined;
}

/** Signals, timers and the terminal get their turn this often, in milliseconds. */
const turnEvery = 20;

/**
 * Trains from `position`, which it updates, to the end of the epoch. Stops earlier, between two chunks, if the signal is
 * aborted. Returns the rows trained on in a second, without what the caller does after chunks; `null` without a row.
 */
export async function trainEpoch(training: Training, position: Position): Promise<number | null> {
  const { subset, task, model, seed, cut, signal, reading } = training;
  const order = shuffled(subset, seed, position.epoch, position.rows, reading);
  let lastTurn = performance.now();
  let began = lastTurn;
  let milliseconds = 0;
  let rows = 0;
  for await (const chunk of cutChunks(order, subset.table.features, task, cut)) {
    if (signal.aborted) break;
    const { steps, trainLoss } = await learn(model, chunk, task).catch((error: unknown) => {
      throw error instanceof DivergedError ? diverged(model.steps, position, training) : error;
    });
    position.rows += chunk.targets.length;
    position.lossSum += trainLoss * chunk.targets.length;
    const made = steps - position.steps;
    position.steps = steps;
    if (!Number.isFinite(position.lossSum)) throw diverged(steps, position, training);
    rows += chunk.targets.length;
    milliseconds += performance.now() - began;
    await training.afterChunk?.(position, made);
    if (performance.now() - lastTurn > turnEvery) {
      await eventLoop();
      lastTurn = performance.now();
    }
    began = performance.now();
  }
  return rows === 0 ? null : (1000 * rows) / Math.max(milliseconds, 1e-3);
}

function diverged(step: number, { epoch }: Position, { lr }: Training): UserError {
  return new UserError(
    `the loss is no longer finite at step ${step} (epoch ${epoch + 1}): ` +
      `training diverged; try a smaller --lr (now ${lr}), or scale the features to about 1`,
  );
}

import { setImmediate as eventLoop } from 'node:timers/promises';
import type { ASGD } from '@asgd/core';
import type { Reading } from './data/bytes.ts';
import type { Subset } from './data/subset.ts';
import type { Rows } from './data/rows.ts';
import { shuffled } from './data/shuffle.ts';
import { UserError } from './errors.ts';
import type { BackendModel } from './model/backend-model.ts';
import { accumulate, score, type Linear } from './model/linear.ts';
import { StepTimes } from './step-times.ts';
import type { Task } from './task.ts';

/** Where a run is: always between two steps. */
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
  readonly model: BackendModel;
  readonly optimizer: ASGD;
  readonly batch: number;
  readonly seed: number;
  /** Stops the epoch after the current step. */
  readonly signal: AbortSignal;
  readonly reading?: Reading;
  /** Called after every step. */
  afterStep?(position: Readonly<Position>): Promise<void> | undefined;
}

/** An epoch's times: of a whole step, including the gradient, and of only the optimizer's update. */
export interface EpochTimes {
  readonly step: StepTimes;
  readonly update: StepTimes;
}

/** Signals, timers and the terminal get their turn this often, in milliseconds. */
const turnEvery = 20;

/**
 * Trains from `position`, which it updates, to the end of the epoch. Stops earlier, between two steps, if the signal is
 * aborted.
 */
export async function trainEpoch(training: Training, position: Position): Promise<EpochTimes> {
  const { subset, task, model, optimizer, batch, seed, signal, reading } = training;
  const times: EpochTimes = { step: new StepTimes(), update: new StepTimes() };
  const scores = new Float64Array(task.outputs);
  let filling: Filling | undefined;
  let lastTurn = performance.now();
  for await (const { rows, picks } of shuffled(subset, seed, position.epoch, position.rows, reading)) {
    for (let next = 0; next < picks.length;) {
      if (signal.aborted && filling === undefined) return times;
      filling ??= {
        began: performance.now(),
        size: Math.min(batch, subset.count - position.rows),
        used: 0,
        lossSum: 0,
        values: await model.values(),
        gradient: model.clearGradient(),
      };
      const some = picks.subarray(next, next + filling.size - filling.used);
      learn(filling, rows, some, task, scores);
      next += some.length;
      if (filling.used < filling.size) continue;

      model.submitGradient();
      const updating = performance.now();
      optimizer.step();
      const now = performance.now();
      times.update.add(now - updating);
      times.step.add(now - filling.began);
      position.rows += filling.size;
      position.steps += 1;
      position.lossSum += filling.lossSum;
      filling = undefined;
      requireFinite(position, training);
      await training.afterStep?.(position);
      if (now - lastTurn > turnEvery) {
        await eventLoop();
        lastTurn = performance.now();
      }
    }
  }
  return times;
}

/** A batch that is being collected, possibly from several blocks. */
interface Filling {
  readonly began: number;
  readonly size: number;
  used: number;
  lossSum: number;
  readonly values: Linear;
  readonly gradient: Linear;
}

/** Adds the rows' share of the mean gradient, and their losses. */
function learn(
  filling: Filling,
  rows: Rows,
  picks: Uint32Array,
  { loss, target }: Task,
  scores: Float64Array,
): void {
  const { values, gradient, size } = filling;
  for (const row of picks) {
    score(values, rows, row, scores);
    filling.lossSum += loss.differentiate(scores, target(rows.labels[row] ?? NaN));
    accumulate(gradient, rows, row, scores, 1 / size);
  }
  filling.used += picks.length;
}

function requireFinite({ lossSum, steps, epoch }: Position, { optimizer }: Training): void {
  if (Number.isFinite(lossSum)) return;
  const lr = optimizer.paramGroups[0]?.lr;
  throw new UserError(
    `the loss is no longer finite at step ${steps} (epoch ${epoch + 1}): ` +
      `training diverged; try a smaller --lr (now ${lr}), or scale the features to about 1`,
  );
}

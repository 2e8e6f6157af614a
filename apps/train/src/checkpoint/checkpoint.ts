import { listLabels } from '../data/labels.ts';
import type { Preparation } from '../data/preparation.ts';
import { UserError } from '../errors.ts';
import { replaceFile } from '../replace-file.ts';
import { decode, encode } from './container.ts';
import { type Checkpoint, parseCheckpoint, type Shape } from './schema.ts';

export type { Checkpoint, Shape };

export async function saveCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await replaceFile(file, encode(checkpoint));
}

export function loadCheckpoint(file: string): Checkpoint {
  return parseCheckpoint(file, decode(file));
}

/** Refuses a position in the data that no run can have. */
export function requirePlace(file: string, checkpoint: Checkpoint, trainingRows: number): void {
  const { position, history, model, settings } = checkpoint;
  const { batch } = settings;
  const stepsPerEpoch = Math.ceil(trainingRows / batch);
  const isBetweenSteps = position.rows === trainingRows || position.rows % batch === 0;
  const steps = position.epoch * stepsPerEpoch + Math.ceil(position.rows / batch);
  const isRight =
    position.rows <= trainingRows &&
    isBetweenSteps &&
    position.steps === steps &&
    history.length === position.epoch &&
    (model?.step ?? 0) === steps &&
    (model?.features ?? checkpoint.shape.features) === checkpoint.shape.features;
  if (isRight) return;
  throw new UserError(`${file} is not a checkpoint of a run: its position, history and model do not match`);
}

/** Refuses a checkpoint of a model with another shape, or of other data. */
export function requireFit(
  file: string,
  checkpoint: Checkpoint,
  shape: Shape,
  data: Checkpoint['data'],
): void {
  const { loss } = checkpoint.settings;
  const saved = describeShape(checkpoint.shape);
  const given = describeShape(shape);
  if (saved !== given) {
    throw new UserError(`${file} holds a ${loss} model of ${saved}, but the data has ${given}`);
  }
  for (const which of ['training', 'test'] as const) {
    if (checkpoint.data[which] === data[which]) continue;
    throw new UserError(
      `${file} was made with other ${which} data of the same shape: a run can continue only with the data that it began with`,
    );
  }
}

/** Refuses values that were prepared otherwise than these are, which only another program can have done. */
export function requirePreparation(file: string, saved: Preparation | null, found: Preparation | null): void {
  if (isSame(saved?.mean, found?.mean) && isSame(saved?.deviation, found?.deviation)) return;
  throw new UserError(
    `${file} is not a checkpoint of a run: its means or deviations are not those of the data`,
  );
}

function isSame(a: Float64Array | null | undefined, b: Float64Array | null | undefined): boolean {
  if (!a || !b) return !a && !b;
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function describeShape({ features, classes }: Shape): string {
  const labels =
    classes.length === 0 ? 'numbers for labels' : `${classes.length} classes (${listLabels(classes)})`;
  return `${features} ${features === 1 ? 'feature' : 'features'} and ${labels}`;
}

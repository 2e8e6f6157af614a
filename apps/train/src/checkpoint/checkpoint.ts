import { readFileSync } from 'node:fs';
import type { StateDict } from '@asgd/core';
import { reason, UserError } from '../errors.ts';
import type { EpochRecord } from '../history.ts';
import type { Linear } from '../model/linear.ts';
import type { Settings } from '../options.ts';
import { replaceFile } from '../replace-file.ts';
import type { Position } from '../train.ts';
import { decode, encode } from './container.ts';

/** All that a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  readonly settings: Settings;
  readonly shape: Shape;
  /** Fingerprints of the training and the test data. */
  readonly data: { readonly training: string; readonly test: string };
  readonly position: Position;
  /** What `--t0 auto` has seen so far. */
  readonly heldOutLosses: readonly number[];
  readonly history: readonly EpochRecord[];
  readonly parameters: Linear;
  readonly optimizer: StateDict;
}

/** What a model's size follows from. */
export interface Shape {
  readonly features: number;
  readonly classes: readonly number[];
}

export async function saveCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await replaceFile(file, encode(checkpoint));
}

export function loadCheckpoint(file: string): Checkpoint {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UserError(`cannot read checkpoint ${file}: ${reason(error)}`);
  }
  return decode(file, bytes) as Checkpoint; // version and checksum say that saveCheckpoint wrote it
}

/** Refuses a checkpoint that belongs to a model of another shape or to other data. */
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
    throw new UserError(`${file} holds a ${loss} model of ${saved}, but the data have ${given}`);
  }
  for (const which of ['training', 'test'] as const) {
    if (checkpoint.data[which] === data[which]) continue;
    throw new UserError(
      `${file} was made with other ${which} data of the same shape: a run can only go on with the data it began with`,
    );
  }
}

function describeShape({ features, classes }: Shape): string {
  const list = classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, …` : classes.join(', ');
  const labels = classes.length === 0 ? 'numbers for labels' : `${classes.length} classes (${list})`;
  return `${features} ${features === 1 ? 'feature' : 'features'} and ${labels}`;
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { autoStep } from '@asgd/linear';
import { packageFolder } from '../package-folder.ts';
import { writeOrder, writeRows } from './files.ts';
import type { Loss, Problem } from './problem.ts';

/** A problem, and the files that programs read it from. */
export interface Stage {
  readonly problem: Problem;
  readonly folder: string;
  readonly files: { readonly svm: string; readonly vw: string; readonly order: string };
}

/** Goes through the rows so often at most. */
export const mostEpochs = 20;

export async function prepare(problem: Problem, folder: string): Promise<Stage> {
  const file = (ending: string): string => join(folder, `${problem.id}.${ending}`);
  const files = { svm: file('svm'), vw: file('vw'), order: file('order') };
  await writeRows(files.svm, problem.training, 'svm');
  await writeRows(files.vw, problem.training, 'vw');
  await writeOrder(files.order, problem.training.labels.length, mostEpochs);
  return { problem, folder, files };
}

/** What `lr: 'auto'` of `@asgd/linear` comes to, for a peer that is to take the same steps. */
export function stepOf({ training: { rows, labels } }: Problem, loss: Loss): number {
  const interceptStep = 0.01;
  let sum = 0;
  let largest = 0;
  let count = 0;
  for (let row = 0; row < labels.length; row++) {
    const values = rows.data.subarray(rows.indptr[row], rows.indptr[row + 1]);
    const square = values.reduce((squares, value) => squares + value * value, 0);
    if (square === 0) continue;
    sum += square + interceptStep;
    largest = Math.max(largest, square + interceptStep);
    count++;
  }
  return autoStep(loss, { mean: sum / count, largest });
}

/** Compiles the loop in C. @returns the program's path */
export async function compileC(folder: string): Promise<string> {
  const program = join(folder, 'linear');
  const source = join(packageFolder(), 'peers', 'linear.c');
  await promisify(execFile)('cc', ['-O3', '-march=native', source, '-o', program, '-lm']);
  return program;
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Summary, summarize } from '../statistics.ts';
import { readWeights } from './epochs.ts';
import { type Loss, primalCost, testError } from './problem.ts';
import type { Program } from './programs.ts';
import { mostEpochs, type Stage } from './stage.ts';

/** How long a program took from its start to its end, and how good the weights are that it wrote. */
export interface Finish {
  readonly problem: string;
  readonly loss: Loss;
  readonly lambd: number;
  readonly program: string;
  /** The fewest with which it came to the wanted test error. Not for a program without epochs. */
  readonly epochs?: number;
  /** Whether it came to the wanted test error. */
  readonly isThere: boolean;
  /** Milliseconds, reading the file included. */
  readonly time: Summary;
  readonly primalCost: number;
  /** Percent. */
  readonly testError: number;
}

/** Percentage points above the test error of LIBLINEAR, which are close enough. */
const tolerance = 0.1;
const epochsTried = [1, 2, 5, 10, mostEpochs];

/**
 * Each program with as few epochs as bring it to the test error of LIBLINEAR plus 0.1 points, `rounds` times in turn.
 * Without LIBLINEAR no error is wanted, and all go through the rows as often as they are ever told.
 */
export async function race(
  stage: Stage,
  loss: Loss,
  programs: readonly Program[],
  rounds: number,
): Promise<Finish[]> {
  const judge = programs.find(({ hasEpochs }) => !hasEpochs);
  const wanted = judge ? (await run(stage, loss, judge, 1)).testError + tolerance : undefined;
  const racers: { program: Program; epochs: number; times: number[] }[] = [];
  for (const program of programs) {
    // Those that take the same steps need as many.
    const same = racers.find((racer) => isSame(racer.program) && isSame(program));
    const epochs = same?.epochs ?? (await epochsToReach(wanted, stage, loss, program));
    racers.push({ program, epochs, times: [] });
  }
  const finishes = new Map<string, Run>();
  for (let round = 0; round < rounds; round++) {
    for (const { program, epochs, times } of racers) {
      const finish = await run(stage, loss, program, epochs);
      finishes.set(program.id, finish);
      times.push(finish.time);
    }
  }
  return racers.flatMap(({ program, epochs, times }) => {
    const finish = finishes.get(program.id);
    if (!finish) return [];
    return {
      problem: stage.problem.id,
      loss,
      lambd: stage.problem.lambd,
      program: program.id,
      ...(program.hasEpochs && { epochs }),
      isThere: wanted !== undefined && finish.testError <= wanted,
      time: summarize(times),
      primalCost: finish.primalCost,
      testError: finish.testError,
    };
  });
}

const isSame = ({ agreesWithin }: Program): boolean => agreesWithin !== undefined;

async function epochsToReach(
  wanted: number | undefined,
  stage: Stage,
  loss: Loss,
  program: Program,
): Promise<number> {
  if (!program.hasEpochs || wanted === undefined) return mostEpochs;
  for (const epochs of epochsTried) {
    if ((await run(stage, loss, program, epochs)).testError <= wanted) return epochs;
  }
  return mostEpochs;
}

interface Run {
  readonly time: number;
  readonly primalCost: number;
  readonly testError: number;
}

async function run(stage: Stage, loss: Loss, program: Program, epochs: number): Promise<Run> {
  const out = join(stage.folder, `${program.id}.weights`);
  const [command, ...args] = program.command(stage, { mode: 'train', loss, epochs, out });
  const begin = performance.now();
  await promisify(execFile)(command, args);
  const time = performance.now() - begin;
  const weights = await readWeights(out);
  return {
    time,
    primalCost: primalCost(stage.problem, loss, weights),
    testError: testError(stage.problem, weights),
  };
}

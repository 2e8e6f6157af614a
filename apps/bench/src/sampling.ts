import { setImmediate } from 'node:timers/promises';
import { median, type Pair } from './statistics.ts';

/** Takes so many steps and says how many milliseconds they took: what a runner's `run` does. */
export type Run = (steps: number) => Promise<number>;

/** How long to sample. Times are in milliseconds. */
export interface Effort {
  /** How many steps of a small workload a contender that is compiled late takes first, and for how long at most. */
  readonly compileSteps: number;
  readonly compile: number;
  /** A sample repeats short steps until it lasts this long: clocks and interrupts blur what is shorter. */
  readonly sample: number;
  /** Warm-up gives up waiting for a stable time after this long. */
  readonly warmUp: number;
  /** Pairs are taken for this long, within the two bounds below. */
  readonly pairs: number;
  readonly fewestPairs: number;
  readonly mostPairs: number;
  /**
   * How many times all this is done, each in a new process. Which of several ways an engine compiles a loop, and
   * where memory lies, is settled anew in each, and can matter more than anything that spreads within one.
   */
  readonly rounds: number;
  /** What is not done this long after the start is left out. */
  readonly deadline: number;
}

export const thorough: Effort = {
  compileSteps: 100_000,
  compile: 4000,
  sample: 2,
  warmUp: 400,
  pairs: 600,
  fewestPairs: 3,
  mostPairs: 31,
  rounds: 3,
  deadline: Infinity,
};
export const quick: Effort = {
  compileSteps: 40_000,
  compile: 200,
  sample: 2,
  warmUp: 100,
  pairs: 120,
  fewestPairs: 3,
  mostPairs: 25,
  rounds: 1,
  deadline: 52_000,
};

/**
 * Steps enough for an engine to compile all that a step calls. V8 wants thousands of calls of each function on the
 * way, whatever they do: with large tensors alone, hundreds of steps run code ten times slower, steadily enough to
 * be taken for the final speed. Seen: up to 60 000 steps.
 */
export async function compile(run: Run, effort: Effort): Promise<void> {
  const atOnce = 100;
  let spent = 0;
  for (let steps = 0; steps < effort.compileSteps && spent < effort.compile; steps += atOnce) {
    const { elapsed, taken } = await time(run, atOnce);
    spent += Math.max(elapsed, taken);
  }
}

/**
 * A run says how long the steps took as it counts it, `elapsed`. Some count little of what they take, such as what
 * the device takes, so that waiting for enough of it would take very long.
 */
async function time(run: Run, steps: number): Promise<{ readonly elapsed: number; readonly taken: number }> {
  const begin = performance.now();
  const elapsed = await run(steps);
  return { elapsed, taken: performance.now() - begin };
}

/** Time spent by what is counted, or by what is taken where that is many times as much. */
function spending(elapsed: number, taken: number): number {
  return Math.max(elapsed, taken / 10);
}

/** What warming up found out. */
export interface Pace {
  readonly stepsPerSample: number;
  /** Milliseconds. */
  readonly step: number;
}

/** Two windows of samples whose medians differ by less than this are taken for a stable time. */
const stableWithin = 0.05;
const windowLength = 3;

/** A sample aims beyond the least length, so that a faster moment seldom falls below it. */
const margin = 1.25;

/**
 * Runs until the time of a step is stable (compiled, caches filled, memory touched), and finds how many steps make
 * a sample.
 */
export async function warmUp(run: Run, effort: Effort): Promise<Pace> {
  let steps = 1;
  let spent = 0;
  let times: number[] = [];
  while (spent < effort.warmUp && !isStable(times)) {
    const { elapsed, taken } = await time(run, steps);
    spent += spending(elapsed, taken);
    times.push(elapsed / steps);
    const wanted = stepsFor(effort.sample, elapsed / steps);
    // Fewer steps than wanted measure the clock and the call as much as the step: start over with more.
    if (wanted > steps * margin) {
      steps = Math.min(wanted, steps * 16);
      times = [elapsed / steps];
    }
  }
  const step = median(times.slice(-windowLength));
  return { stepsPerSample: stepsFor(effort.sample, step), step };
}

function stepsFor(sample: number, step: number): number {
  return Math.max(1, Math.ceil((sample * margin) / Math.max(step, 1e-6)));
}

function isStable(times: readonly number[]): boolean {
  if (times.length < 2 * windowLength) return false;
  const before = median(times.slice(-2 * windowLength, -windowLength));
  const now = median(times.slice(-windowLength));
  return Math.abs(now - before) < stableWithin * before;
}

/** A step this long leaves nothing of its own in the caches for the next one. */
const tooLongForCaches = 20;

/**
 * Samples of both in turn, A B A B, each as milliseconds per step. A step that is not timed comes first in each
 * sample, because the other contender has just filled the caches with its own data.
 */
export async function interleave(
  subject: Run,
  peer: Run,
  paces: readonly [Pace, Pace],
  effort: Effort,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  let spent = 0;
  while (pairs.length < effort.fewestPairs || (pairs.length < effort.mostPairs && spent < effort.pairs)) {
    const begin = performance.now();
    const ours = await takeSample(subject, paces[0], effort);
    const theirs = await takeSample(peer, paces[1], effort);
    spent += spending(ours.elapsed + theirs.elapsed, performance.now() - begin);
    pairs.push([ours.elapsed / ours.steps, theirs.elapsed / theirs.steps]);
    await setImmediate(); // lets signals through
  }
  return pairs;
}

async function takeSample(run: Run, { step, stepsPerSample }: Pace, effort: Effort): Promise<Sample> {
  if (step < tooLongForCaches) await run(1);
  let elapsed = 0;
  let steps = 0;
  // Once, as a rule: again only where warming up mistook the pace.
  do {
    elapsed += await run(stepsPerSample);
    steps += stepsPerSample;
  } while (elapsed < effort.sample);
  return { elapsed, steps };
}

interface Sample {
  readonly elapsed: number;
  readonly steps: number;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineProcess } from '../line-process.ts';
import { type Pair, speedRatios, type Summary, summarize } from '../statistics.ts';
import type { Loss } from './problem.ts';
import type { Program } from './programs.ts';
import { mostEpochs, type Stage } from './stage.ts';

/** How fast the epochs of one of ours are, against those of a peer. Times are milliseconds of processor time per epoch. */
export interface EpochRow {
  readonly problem: string;
  readonly loss: Loss;
  readonly subject: string;
  readonly peer: string;
  readonly pairs: readonly Pair[];
  readonly subjectTime: Summary;
  readonly peerTime: Summary;
  /** The subject's speed as a multiple of the peer's, pair by pair. */
  readonly speed: Summary;
}

/** One epoch before averaging, which is not timed, and five with it; of few rows more, so that they last. */
function epochsFor({ problem }: Stage): number {
  return problem.training.labels.length > 10_000 ? 6 : mostEpochs;
}

/**
 * Measures all programs in turn, each in a process of its own that has read the rows and waits while the others run.
 * @throws Error if one that should take the same steps as the first does not
 */
export async function measureEpochs(
  stage: Stage,
  loss: Loss,
  programs: readonly Program[],
  rounds: number,
): Promise<EpochRow[]> {
  const epochs = epochsFor(stage);
  const racers = programs.map((program) => {
    const out = join(stage.folder, `${program.id}.weights`);
    const [command, ...args] = program.command(stage, { mode: 'serve', loss, epochs, out });
    return { program, out, child: new LineProcess(command, args), times: [] as number[] };
  });
  try {
    for (const { child } of racers) await child.ask('open');
    for (const { child } of racers) await child.ask('epochs'); // compiled, caches filled
    await checkAgreement(racers);
    for (let round = 0; round < rounds; round++) {
      for (const { child, times } of racers) times.push(Number(await child.ask('epochs')));
    }
  } finally {
    for (const { child } of racers) await child.close();
  }
  const of = (role: Program['role']): typeof racers => racers.filter(({ program }) => program.role === role);
  return of('subject').flatMap((subject) =>
    of('peer').map((peer) => {
      const pairs = subject.times.map((time, round): Pair => [time, peer.times[round] ?? NaN]);
      return {
        problem: stage.problem.id,
        loss,
        subject: subject.program.id,
        peer: peer.program.id,
        pairs,
        subjectTime: summarize(subject.times),
        peerTime: summarize(peer.times),
        speed: summarize(speedRatios(pairs)),
      };
    }),
  );
}

interface Racer {
  readonly program: Program;
  readonly out: string;
  readonly child: LineProcess;
}

async function checkAgreement(racers: readonly Racer[]): Promise<void> {
  let first: Float64Array | undefined;
  for (const { program, out, child } of racers) {
    if (program.agreesWithin === undefined) continue;
    await child.ask('weights');
    const weights = await readWeights(out);
    first ??= weights;
    const apart = greatestDifference(first, weights);
    if (!(apart <= program.agreesWithin)) {
      throw new Error(`The weights of ${program.label} differ by ${apart}: it does not compute the same.`);
    }
  }
}

/** Relative to the largest weight. */
function greatestDifference(wanted: Float64Array, found: Float64Array): number {
  if (wanted.length !== found.length) return Infinity;
  let apart = 0;
  let largest = Number.MIN_VALUE;
  for (const [at, weight] of wanted.entries()) {
    const difference = Math.abs(weight - (found[at] ?? NaN));
    if (!(difference <= apart)) apart = difference;
    largest = Math.max(largest, Math.abs(weight));
  }
  return apart / largest;
}

/** The weights that a program wrote: those of the features, then the intercept. */
export async function readWeights(file: string): Promise<Float64Array> {
  const bytes = await readFile(file);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

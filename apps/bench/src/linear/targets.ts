import type { Judgement, Target } from '../targets.ts';
import type { EpochRow } from './epochs.ts';
import type { Finish } from './race.ts';

type Aim = readonly [subject: string, peer: string, bound: number, what: string];

const epochAims: readonly Aim[] = [
  ['asgd-wasm', 'c', 0.8, 'linear, an epoch: WebAssembly against the same loop in C'],
  ['asgd-wasm', 'sgd', 2, 'linear, an epoch: WebAssembly against scikit-learn'],
  ['asgd-typescript', 'sgd', 1, 'linear, an epoch: TypeScript against scikit-learn'],
];
const raceAims: readonly Aim[] = [
  ['asgd-wasm', 'sgd', 1, 'linear, from start to the error of LIBLINEAR: WebAssembly against scikit-learn'],
  ['asgd-wasm', 'liblinear', 1, 'linear, from start to that error: WebAssembly against LIBLINEAR'],
];

/** How the targets of the project for linear models stand. */
export function judgeLinear(epochs: readonly EpochRow[], finishes: readonly Finish[]): Judgement[] {
  return [
    ...epochAims.map((aim) => judge(aim, epochSpeeds(aim, epochs))),
    ...raceAims.map((aim) => judge(aim, raceSpeeds(aim, finishes))),
  ];
}

function epochSpeeds([subject, peer]: Aim, rows: readonly EpochRow[]): number[] {
  return rows.filter((row) => row.subject === subject && row.peer === peer).map(({ speed }) => speed.median);
}

/** Who does not get there is not fast at all. */
function raceSpeeds([subject, peer]: Aim, finishes: readonly Finish[]): number[] {
  return finishes.flatMap((ours) => {
    if (ours.program !== subject) return [];
    const theirs = finishes.find(
      ({ program, problem, loss }) => program === peer && problem === ours.problem && loss === ours.loss,
    );
    if (!theirs) return [];
    return ours.isThere ? theirs.time.median / ours.time.median : 0;
  });
}

function judge([subject, peer, bound, what]: Aim, speeds: readonly number[]): Judgement {
  const target: Target = { what, subject, peers: [peer], applies: () => true, measure: 'speed', bound };
  if (speeds.length === 0) {
    return { target, verdict: 'not measured', found: { reason: 'this run had no such row' } };
  }
  const worst = Math.min(...speeds);
  return {
    target,
    verdict: worst >= bound ? 'met' : 'missed',
    found: { worst, best: Math.max(...speeds), rows: speeds.length },
  };
}

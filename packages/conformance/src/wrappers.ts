import type { Needs } from './case.ts';
import { atOddOffsets, inChunks } from './placement.ts';
import type { Mode } from './run-trace.ts';
import { asCase, type TrainingCase, type TrainingRun } from './training-case.ts';

/** A mode in which every case must pass as it does without. */
interface Wrapper {
  /** Begins the ids of the cases. */
  readonly prefix: string;
  readonly mode: Mode;
  readonly needs?: Needs;
}

const wrappers: readonly Wrapper[] = [
  // A new optimizer takes over before every step, through a state dictionary.
  { prefix: 'resumed-always/', mode: { resumeAlways: true } },
  // Parameter and gradient lie at odd offsets of one storage.
  { prefix: 'odd-offsets/', mode: { placement: atOddOffsets }, needs: { hostVisible: true } },
  // Every parameter is held in several tensors.
  { prefix: 'chunks/', mode: { placement: inChunks } },
];

/** The cases again, except the large ones, in every mode but the plain one. */
export function wrapped(cases: readonly TrainingCase[]): readonly TrainingRun[] {
  return wrappers.flatMap((wrapper) =>
    cases.filter(({ isLarge }) => !isLarge).map((item) => asCase(item, wrapper)),
  );
}

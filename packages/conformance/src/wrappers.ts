import type { Case, Needs } from './case.ts';
import { atOddOffsets, inChunks } from './placement.ts';
import type { Manner } from './replay.ts';
import { asCase, type TrainingCase } from './training-case.ts';

/** A manner of training under which every case must come out as it does without. */
interface Wrapper {
  /** Begins the ids of the cases. */
  readonly prefix: string;
  readonly manner: Manner;
  readonly needs?: Needs;
}

const wrappers: readonly Wrapper[] = [
  // A new optimizer takes over before every step, through a state dictionary.
  { prefix: 'resumed-always/', manner: { resumeAlways: true } },
  // Parameter and gradient lie at odd offsets of one storage.
  { prefix: 'odd-offsets/', manner: { placement: atOddOffsets }, needs: { hostVisible: true } },
  // Every parameter is held in several tensors.
  { prefix: 'chunks/', manner: { placement: inChunks } },
];

/** The cases again, but for the large ones, in every manner but the plain one. */
export function wrapped(cases: readonly TrainingCase[]): readonly Case[] {
  return wrappers.flatMap((wrapper) =>
    cases.filter(({ isLarge }) => !isLarge).map((item) => asCase(item, wrapper)),
  );
}

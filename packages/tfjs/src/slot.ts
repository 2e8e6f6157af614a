import type { Variable } from '@tensorflow/tfjs-core';

/** What the optimizer remembers of a variable, from its first step (SPEC.md of `@asgd/core`, State). */
export interface Slot {
  readonly variable: Variable;
  step: number;
  eta: number;
  mu: number;
  /** The average, or `null` while it is the variable. While averages are swapped, it holds the variable's values. */
  average: Variable | null;
}

/** Frees the average. */
export function freeSlot({ average }: Pick<Slot, 'average'>): void {
  if (average && !average.isDisposed) average.dispose();
}

/** Exchanges the values of variables and averages. Nothing is copied. */
export function exchange(slots: readonly Slot[]): void {
  for (const { variable, average } of slots) {
    if (!average) continue;
    const values = variable.clone();
    variable.assign(average);
    average.assign(values);
    values.dispose();
  }
}

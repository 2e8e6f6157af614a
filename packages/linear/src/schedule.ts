/** What step sizes and averaging follow from: the options of `ASGD` in `@asgd/core`. */
export interface Schedule {
  readonly lr: number;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
}

/**
 * Writes eta and mu of the updates after the first `step` ones: as core does, in float64 and rounded to float32 once
 * (SPEC.md of `@asgd/core`, Schedule).
 */
export function writeSchedule(
  { lr, lambd, alpha, t0 }: Schedule,
  step: number,
  count: number,
  etas: Float64Array,
  mus: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const t = step + i;
    etas[i] = Math.fround(lr / (1 + lambd * lr * t) ** alpha);
    mus[i] = t === 0 ? 1 : Math.fround(1 / Math.max(1, t - t0));
  }
}

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
  schedule: Schedule,
  step: number,
  count: number,
  etas: Float64Array,
  mus: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const t = step + i;
    etas[i] = etaAt(schedule, t);
    mus[i] = t === 0 ? 1 : Math.fround(1 / Math.max(1, t - schedule.t0));
  }
}

/** More than the few units in the last place by which a power and roots may differ, as a fraction. */
const doubt = 2 ** -48;

function etaAt({ lr, lambd, alpha }: Schedule, t: number): number {
  const base = 1 + lambd * lr * t;
  if (alpha === 0.75) {
    // Two roots take a third of a power's time, and round to the same float32 unless the doubt is about which.
    const root = Math.sqrt(base);
    const eta = lr / (root * Math.sqrt(root));
    const rounded = Math.fround(eta * (1 - doubt));
    if (rounded === Math.fround(eta * (1 + doubt))) return rounded;
  }
  return Math.fround(lr / base ** alpha);
}

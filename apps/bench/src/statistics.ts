/** Where the middle of some samples lies and how far they spread: quartiles, which single outliers do not move. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** First and third quartile: half of all samples lie between them. */
  readonly lower: number;
  readonly upper: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** @throws RangeError without samples */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
    minimum: quantile(sorted, 0),
    maximum: quantile(sorted, 1),
  };
}

export function median(samples: readonly number[]): number {
  return summarize(samples).median;
}

/** Milliseconds per step of a subject and of its peer, measured one right after the other. */
export type Pair = readonly [subject: number, peer: number];

/**
 * How many times the subject's speed is the peer's, taken pair by pair: what slows the machine for a while slows
 * both halves of a pair, and leaves the ratio alone.
 */
export function speedRatios(pairs: readonly Pair[]): number[] {
  return pairs.map(([subject, peer]) => peer / subject);
}

/** A summary of ratios turned over: of speeds, where it was of times. */
export function inverse({ count, median: middle, lower, upper, minimum, maximum }: Summary): Summary {
  return {
    count,
    median: 1 / middle,
    lower: 1 / upper,
    upper: 1 / lower,
    minimum: 1 / maximum,
    maximum: 1 / minimum,
  };
}

/** Linear interpolation between the closest ranks, which R calls type 7. */
function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('There are no samples to summarize.');
  return below + (above - below) * (position - Math.floor(position));
}

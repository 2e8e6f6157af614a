import type { RealArray, RealDType } from '@asgd/core';
import type { Workload } from './workload.ts';

/** Whether a contender can be measured on this machine, and as which version or why not. */
export type Probe =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string };

/**
 * How a contender's numbers relate to the update of SPEC.md, which is checked before anything is timed: the same
 * bits, within a bound in ulp, or another algorithm that moves as many bytes.
 */
export type Exactness =
  | { readonly kind: 'bits' }
  | { readonly kind: 'ulp'; readonly bound: Readonly<Record<RealDType, number>> }
  | { readonly kind: 'other'; readonly algorithm: string };

/**
 * One implementation of a step: a backend of ours, or a peer. A new one is a file in `contenders/` and a line in
 * its index.
 */
export interface Contender {
  /** Stable, for JSON, `--only` and targets: `asgd-cpu`. */
  readonly id: string;
  /** For people: `asgd cpu`. */
  readonly label: string;
  /** The product, where several contenders are ways to use one, such as PyTorch. They share a column for the fastest. */
  readonly product?: string;
  /** Whether it is not what somebody would use instead of ours, but what the machine can do at best. */
  readonly isLimit?: boolean;
  /** How many threads it can use; more are not tried. */
  readonly maxThreads: number;
  readonly exactness: Exactness;
  /** Whether an engine compiles it while it runs, as JavaScript is: it must then run for a while before it is fast. */
  readonly compiledLate: boolean;
  /** The contenders that it is measured against, the most interesting first. Only backends of ours name any. */
  readonly peers: readonly string[];
  probe(): Promise<Probe>;
  /** Why this workload is not for it, or `undefined` if it is. */
  declines(workload: Workload, quick: boolean): string | undefined;
  /** Sets everything up, so that `run` does nothing but steps. */
  open(workload: Workload, threads: number): Promise<Runner>;
  /** Lets go of what outlives a runner, such as another process. */
  release?(): Promise<void>;
}

/** A contender at work on one workload. */
export interface Runner {
  /** Takes `steps` steps, waits until they are done, reads nothing back, and says how many milliseconds it took. */
  run(steps: number): Promise<number>;
  /** The values of one tensor as they are now. A peer in another process may give the first block only. */
  read(tensor: number): Promise<Snapshot>;
  close(): Promise<void>;
}

export interface Snapshot {
  readonly parameter: RealArray;
  /** `null` for an algorithm without one. */
  readonly average: RealArray | null;
}

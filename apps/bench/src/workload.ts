import type { RealArray, RealDType } from '@asgd/core';

/** `before`: mu is 1, and next too, so there is no average to write. `blending`: every step blends into it. */
export type Phase = 'before' | 'blending';

/** What one step updates: `tensors` parameters of `length` elements each, in one group. */
export interface Workload {
  readonly tensors: number;
  readonly length: number;
  readonly dtype: RealDType;
  readonly phase: Phase;
}

/** The hyperparameters that every contender uses. Only a peer uses momentum, with the usual value. */
export const hyper = { lr: 1e-3, lambd: 1e-4, alpha: 0.75, momentum: 0.9 } as const;

/** When averaging starts: at once, or after more steps than any run takes. */
export function t0Of({ phase }: Pick<Workload, 'phase'>): number {
  return phase === 'blending' ? 0 : 1e15;
}

/** With `t0` = 0 the first step averages nothing, the second copies, and the third is the first to blend. */
export const stepsUntilSteady = 4;

/** Data are a block repeated, so that a peer in another process can be given them in a line of text. */
export const blockLength = 4096;

const bytesPerElement = { float32: 4, float64: 8 } as const;

/** Parameter and gradient of a block. */
export interface Block {
  readonly parameter: readonly number[];
  readonly gradient: readonly number[];
}

/**
 * Parameters of magnitude 1 to 2 and gradients of 0.5 to 1, both of either sign and rounded to float32. With
 * steps of about 1e-3 a run of a million steps stays below 2000, and what cancels leaves multiples of 1e-11:
 * neither infinite nor subnormal, which some processors compute a hundred times slower.
 */
export function makeBlock(): Block {
  const random = lehmer(20_260_401);
  const signed = (low: number, high: number): number =>
    Math.fround((random() < 0.5 ? -1 : 1) * (low + random() * (high - low)));
  return {
    parameter: Array.from({ length: blockLength }, () => signed(1, 2)),
    gradient: Array.from({ length: blockLength }, () => signed(0.5, 1)),
  };
}

/** A block repeated to the length of one of the workload's tensors. */
export function tile(block: readonly number[], { length, dtype }: Workload): RealArray {
  const arrayOf = { float32: Float32Array, float64: Float64Array }[dtype];
  const once = arrayOf.from(block);
  const values = new arrayOf(length);
  for (let start = 0; start < length; start += once.length) {
    values.set(once.subarray(0, length - start), start);
  }
  return values;
}

/** Elements that a step updates. */
export function elementsOf({ tensors, length }: Pick<Workload, 'tensors' | 'length'>): number {
  return tensors * length;
}

/** Bytes that a fused step must move: p, g and p again before averaging; p, g, ax and p, ax again when blending. */
export function trafficOf(workload: Workload): number {
  const passes = workload.phase === 'blending' ? 5 : 3;
  return passes * bytesPerElement[workload.dtype] * elementsOf(workload);
}

/** Bytes that a contender holds while it runs the workload: p, g and an average, or what it has in its place. */
export function memoryOf(workload: Workload): number {
  return 3 * bytesPerElement[workload.dtype] * elementsOf(workload);
}

/** `4 Ki`, `16 Mi`, `256 × 4 Ki`. */
export function sizeLabel({ tensors, length }: Pick<Workload, 'tensors' | 'length'>): string {
  const one = binary(length);
  return tensors === 1 ? one : `${tensors} × ${one}`;
}

function binary(count: number): string {
  if (count % 2 ** 20 === 0) return `${count / 2 ** 20} Mi`;
  if (count % 2 ** 10 === 0) return `${count / 2 ** 10} Ki`;
  return String(count);
}

/** D. H. Lehmer's generator: short, and the same numbers everywhere. */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

// The kernels: one call updates a range of a whole batch of tensors.
//
// A batch is a line of bytes: its tensors are laid end to end, and each begins at a multiple of 64. Threads share a batch
// by taking ranges of that line, whatever the number and the sizes of the tensors.

import { setUp, updateTensor } from './update';

export { setUp, updateTensor };

/** What the updates of a batch have in common. src/plan.ts and src/plan-memory.ts write it for `run`. */
@unmanaged
class Batch {
  /** Bytes of one element: 4 or 8. */
  width: u32;
  averaging: u32;
  count: u32;
  /** The length of the whole line, in bytes. */
  size: usize;
  // The scalars, rounded to the dtype.
  decay: f64;
  eta: f64;
  mu: f64;
  weightDecay: f64;
  /** -1 when maximizing, else 1. */
  sign: f64;
}

/** One tensor. A batch is followed by `count` of these. */
@unmanaged
class Range {
  /** Where it begins on the line, in bytes. */
  start: usize;
  /** In bytes. */
  size: usize;
  parameter: usize;
  gradient: usize;
  average: usize;
}

/** Updates the bytes [from, to) of the batch's line. */
export function run(batch: Batch, from: usize, to: usize): void {
  setUp(
    batch.width,
    batch.averaging,
    batch.size,
    batch.decay,
    batch.eta,
    batch.mu,
    batch.weightDecay,
    batch.sign,
  );
  const ranges = changetype<usize>(batch) + offsetof<Batch>();
  const count = batch.count;
  for (let index = find(ranges, count, from); index < count; index++) {
    const range = changetype<Range>(ranges + index * offsetof<Range>());
    const start = range.start;
    if (start >= to) break;
    const begin = max(from, start) - start;
    const end = min(to - start, range.size);
    if (begin >= end) continue; // the gap after the last element
    updateTensor(range.parameter, range.gradient, range.average, begin, end);
  }
}

/** The last range that starts at or before `position`. */
function find(ranges: usize, count: u32, position: usize): u32 {
  let low: u32 = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (changetype<Range>(ranges + middle * offsetof<Range>()).start <= position) low = middle;
    else high = middle;
  }
  return low;
}

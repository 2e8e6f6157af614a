// The kernels: one call updates a range of a whole batch of tensors.
//
// A batch is a line of bytes: its tensors laid end to end, each beginning at a multiple of 64. Threads share it by
// ranges of that line, whatever the tensors' number and sizes.

import { update } from './update';

/** What a batch has in common. src/table.ts writes it, at the address that `run` is given. */
@unmanaged
class Batch {
  /** Bytes of one element: 4 or 8. */
  width: u32;
  count: u32;
  /** Of the whole line, in bytes. */
  size: usize;
  weightDecay: f64;
  /** -1 when maximizing, else 1. */
  sign: f64;
}

/** One tensor's share; `count` of these follow the batch. The scalars are rounded to the dtype. */
@unmanaged
class Item {
  /** Where on the line it begins, in bytes. */
  start: usize;
  /** In bytes. */
  size: usize;
  parameter: usize;
  gradient: usize;
  average: usize;
  averaging: u32;
  decay: f64;
  eta: f64;
  mu: f64;
}

/** Updates what lies in [from, to) of the batch's line. */
export function run(batch: Batch, from: usize, to: usize): void {
  const items = changetype<usize>(batch) + offsetof<Batch>();
  const count = batch.count;
  for (let index = find(items, count, from); index < count; index++) {
    const item = changetype<Item>(items + index * offsetof<Item>());
    const start = item.start;
    if (start >= to) break;
    const begin = max(from, start) - start;
    const end = min(to - start, item.size);
    if (begin >= end) continue; // the gap after the last element
    updateOne(
      batch.width,
      item.averaging,
      item.parameter,
      item.gradient,
      item.average,
      begin,
      end,
      item.decay,
      item.eta,
      item.mu,
      batch.weightDecay,
      batch.sign,
      batch.size,
    );
  }
}

/** Updates the bytes [from, to) of one tensor: where there is no room for a batch. `among` as in update.ts. */
export function updateOne(
  width: u32,
  averaging: u32,
  parameter: usize,
  gradient: usize,
  average: usize,
  from: usize,
  to: usize,
  decay: f64,
  eta: f64,
  mu: f64,
  weightDecay: f64,
  sign: f64,
  among: usize,
): void {
  if (width == 4) {
    update<f32>(
      averaging,
      parameter,
      gradient,
      average,
      from,
      to,
      <f32>decay,
      <f32>eta,
      <f32>mu,
      <f32>weightDecay,
      <f32>sign,
      among,
    );
  } else {
    update<f64>(averaging, parameter, gradient, average, from, to, decay, eta, mu, weightDecay, sign, among);
  }
}

/** The last item that starts at or before `position`. */
function find(items: usize, count: u32, position: usize): u32 {
  let low: u32 = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (changetype<Item>(items + middle * offsetof<Item>()).start <= position) low = middle;
    else high = middle;
  }
  return low;
}

import { kernelsOf } from './backend.ts';
import { layoutOf, roundTo } from './dtype.ts';
import type { Options } from './options.ts';
import type { Scalars } from './schedule.ts';
import { storageOf, type Tensor } from './tensor.ts';

/** A tensor to be updated, and with what. */
export interface Launchable {
  readonly tensor: Tensor;
  readonly gradient: Tensor;
  /** The storage to write the average to; unused when `averaging` is `'none'`. */
  readonly average: unknown;
  readonly scalars: Scalars;
}

/** Splits work into what one launch can do: one backend, one dtype and, without `foreach`, one tensor. */
export function batchesOf<Work extends { readonly tensor: Tensor }>(
  work: readonly Work[],
  foreach: boolean | undefined,
): Work[][] {
  if (foreach === false) return work.map((item) => [item]);
  const batches: [Work, ...Work[]][] = [];
  for (const item of work) {
    const batch = batches.find(([first]) => isOfOneKind(first.tensor, item.tensor));
    if (batch) batch.push(item);
    else batches.push([item]);
  }
  return batches;
}

function isOfOneKind(a: Tensor, b: Tensor): boolean {
  return a.backend === b.backend && layoutOf(a.dtype).real === layoutOf(b.dtype).real;
}

/** Launches one batch; an empty tensor has nothing to update. */
export function launch(
  batch: readonly Launchable[],
  { weightDecay, maximize }: Pick<Options, 'weightDecay' | 'maximize'>,
): void {
  const filled = batch.filter(({ tensor }) => tensor.length > 0);
  const [first] = filled;
  if (!first) return;
  const { backend, dtype } = first.tensor;
  const { real } = layoutOf(dtype);
  kernelsOf(backend).step({
    dtype: real,
    weightDecay: roundTo(real, weightDecay),
    maximize,
    items: filled.map(({ tensor, gradient, average, scalars: { averaging, decay, eta, mu } }) => ({
      parameter: storageOf(tensor),
      gradient: storageOf(gradient),
      average: averaging === 'none' ? null : average,
      length: realsIn(tensor),
      averaging,
      decay,
      eta,
      mu,
    })),
  });
}

/** How many reals a tensor is made of. */
export function realsIn({ length, dtype }: Tensor): number {
  return length * layoutOf(dtype).lanes;
}

/** New storage like a tensor's, all zero. @throws OutOfMemoryError */
export function allocateLike(tensor: Tensor): unknown {
  return kernelsOf(tensor.backend).allocate(layoutOf(tensor.dtype).real, realsIn(tensor));
}

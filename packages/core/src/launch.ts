import { kernelsOf, storagesOf } from './backend.ts';
import { roundTo } from './dtype.ts';
import type { StepItem } from './kernels.ts';
import type { Options } from './options.ts';
import type { Scalars } from './schedule.ts';
import { layoutIn, storageOf, type Tensor } from './tensor.ts';

/** A tensor to be updated, and its share of the batch. */
export interface Launchable {
  readonly tensor: Tensor;
  readonly item: StepItem<unknown>;
}

/** How many reals a tensor is made of. */
export function realsIn(tensor: Tensor): number {
  return tensor.length * layoutIn(tensor).lanes;
}

/** New storage like a tensor's, all zero, freed when `owner` is forgotten. @throws OutOfMemoryError */
export function allocateLike(tensor: Tensor, owner: object): unknown {
  return storagesOf(tensor.backend).allocate(owner, layoutIn(tensor).real, realsIn(tensor));
}

/** A tensor's share of the batches that it is in, to be filled anew for each. */
export type Item = { -readonly [Key in keyof StepItem<unknown>]: StepItem<unknown>[Key] };

export function makeItem(tensor: Tensor): Item {
  return {
    parameter: null,
    gradient: null,
    average: null,
    length: realsIn(tensor),
    averaging: 'none',
    // An engine that has seen no integer here has a place for a float64, and writes it without allocating.
    decay: NaN,
    eta: NaN,
    mu: NaN,
  };
}

/** @throws DisposedError, ClosedError */
export function itemFor(tensor: Tensor, gradient: Tensor, average: unknown, scalars: Scalars): Item {
  return fillItem(makeItem(tensor), tensor, gradient, average, scalars);
}

/** @throws DisposedError, ClosedError */
export function fillItem(
  item: Item,
  tensor: Tensor,
  gradient: Tensor,
  average: unknown,
  { averaging, decay, eta, mu }: Scalars,
): Item {
  item.parameter = storageOf(tensor);
  item.gradient = storageOf(gradient);
  item.average = average;
  item.averaging = averaging;
  item.decay = decay;
  item.eta = eta;
  item.mu = mu;
  return item;
}

/** Splits work into what one launch can do: one backend, one dtype and, without `foreach`, one tensor. */
export function batchesOf<Work extends { readonly tensor: Tensor }>(
  work: readonly Work[],
  foreach: boolean | undefined,
): (readonly Work[])[] {
  if (foreach === false) return work.map((one) => [one]);
  const batches: (readonly Work[])[] = [];
  for (let rest = work; rest[0];) {
    const [first] = rest;
    const isLike = ({ tensor }: Work): boolean => isOfOneKind(first.tensor, tensor);
    // Mostly all of it is of one kind.
    if (rest.every(isLike)) return [...batches, rest];
    batches.push(rest.filter(isLike));
    rest = rest.filter((one) => !isLike(one));
  }
  return batches;
}

function isOfOneKind(a: Tensor, b: Tensor): boolean {
  return a.backend === b.backend && layoutIn(a).real === layoutIn(b).real;
}

/** Launches one batch; an empty tensor has nothing to update. */
export function launch(
  batch: readonly Launchable[],
  { weightDecay, maximize }: Pick<Options, 'weightDecay' | 'maximize'>,
): void {
  const items = batch.map(({ item }) => item).filter(({ length }) => length > 0);
  const [first] = batch;
  if (!first || items.length === 0) return;
  const dtype = layoutIn(first.tensor).real;
  const kernels = kernelsOf(first.tensor.backend);
  kernels.step({ dtype, weightDecay: roundTo(dtype, weightDecay), maximize, items });
}

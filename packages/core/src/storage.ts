import { kernelsOf } from './backend.ts';
import { layoutIn, type Tensor } from './tensor.ts';

/** How many reals a tensor is made of. */
export function realsIn(tensor: Tensor): number {
  return tensor.length * layoutIn(tensor).lanes;
}

/** New storage like a tensor's, all zero. @throws OutOfMemoryError */
export function allocateLike(tensor: Tensor): unknown {
  return kernelsOf(tensor.backend).allocate(layoutIn(tensor).real, realsIn(tensor));
}

/** Frees storage that `allocateLike` gave. A closed backend has freed it already. */
export function freeLike({ backend }: Tensor, storage: unknown): void {
  if (!backend.closed) kernelsOf(backend).free(storage);
}

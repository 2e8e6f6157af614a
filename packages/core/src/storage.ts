import { storagesOf } from './backend.ts';
import { layoutIn, type Tensor } from './tensor.ts';

/** How many reals a tensor is made of. */
export function realsIn(tensor: Tensor): number {
  return tensor.length * layoutIn(tensor).lanes;
}

/** New storage like a tensor's, all zero, freed when `owner` is forgotten. @throws OutOfMemoryError */
export function allocateLike(tensor: Tensor, owner: object): unknown {
  return storagesOf(tensor.backend).allocate(owner, layoutIn(tensor).real, realsIn(tensor));
}

/** Frees storage that `allocateLike` gave. */
export function freeLike({ backend }: Tensor, storage: unknown): void {
  storagesOf(backend).free(storage);
}

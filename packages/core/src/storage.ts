import { storagesOf } from './backend.ts';
import { checkUsable, layoutIn, type Tensor } from './tensor.ts';

/** How many reals a tensor is made of. */
export function realsIn(tensor: Tensor): number {
  return tensor.length * layoutIn(tensor).lanes;
}

/** New storage like a tensor's, all zero, freed when `owner` becomes unreachable. @throws OutOfMemoryError */
export function allocateLike(tensor: Tensor, owner: object): unknown {
  return storagesOf(tensor.backend).allocate(owner, layoutIn(tensor).real, realsIn(tensor));
}

/** Frees storage from `allocateLike`. */
export function freeLike({ backend }: Tensor, storage: unknown): void {
  storagesOf(backend).free(storage);
}

/** Fills tensors with zeros, all of them or none. @throws DisposedError, ClosedError */
export function zeroAll(tensors: readonly Tensor[]): void {
  tensors.forEach(checkUsable);
  for (const tensor of tensors) tensor.write(new Float32Array(realsIn(tensor)));
}

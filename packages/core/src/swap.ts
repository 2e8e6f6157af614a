import { kernelsOf } from './backend.ts';
import type { State } from './state.ts';
import { allocateLike, freeLike } from './storage.ts';
import { type Parameter, storageOf } from './tensor.ts';

/** Swaps every parameter with its average, in place. Nothing is swapped when memory runs out. */
export function swap(states: readonly State[]): void {
  // An average without storage of its own is its parameter already, and an empty one has nothing to swap.
  const pairs = states.filter(({ parameter, average }) => average !== null && parameter.length > 0);
  const spares = new Spares();
  try {
    for (const { parameter } of pairs) spares.reserve(parameter);
    for (const { parameter, average } of pairs) {
      const kernels = kernelsOf(parameter.backend);
      const storage = storageOf(parameter);
      const spare = spares.reserve(parameter);
      kernels.copy(storage, spare);
      kernels.copy(average, storage);
      kernels.copy(spare, average);
    }
  } finally {
    spares.free();
  }
  for (const state of states) state.swapped = !state.swapped;
}

/** Room for a third copy: parameters of one size share it. */
class Spares {
  readonly #spares: { readonly like: Parameter; readonly storage: unknown }[] = [];

  reserve(parameter: Parameter): unknown {
    storageOf(parameter);
    const found = this.#spares.find(({ like }) => isSameSize(like, parameter));
    if (found) return found.storage;
    const storage = allocateLike(parameter, this);
    this.#spares.push({ like: parameter, storage });
    return storage;
  }

  free(): void {
    for (const { like, storage } of this.#spares) freeLike(like, storage);
  }
}

function isSameSize(a: Parameter, b: Parameter): boolean {
  return a.backend === b.backend && a.dtype === b.dtype && a.length === b.length;
}

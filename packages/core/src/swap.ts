import { kernelsOf } from './backend.ts';
import type { State } from './state.ts';
import { allocateLike, freeLike } from './storage.ts';
import { type Parameter, storageOf } from './tensor.ts';

/** Swaps every parameter with its average, in place. All or nothing. @throws OutOfMemoryError, and what the kernels throw */
export function swap(states: readonly State[]): void {
  // An average without storage of its own is its parameter already, and an empty one has nothing to swap.
  const pairs = states.filter(({ parameter, average }) => average !== null && parameter.length > 0);
  const spares = new Spares();
  let done = 0;
  try {
    for (const { parameter } of pairs) spares.reserve(parameter);
    for (; done < pairs.length; done++) exchange(pairs[done] as State, spares);
  } catch (error) {
    for (const pair of pairs.slice(0, done)) exchange(pair, spares);
    throw error;
  } finally {
    spares.free();
  }
  for (const state of states) state.swapped = !state.swapped;
}

/** Exchanges the values of a parameter and its average, or neither. */
function exchange({ parameter, average }: State, spares: Spares): void {
  const kernels = kernelsOf(parameter.backend);
  const storage = storageOf(parameter);
  const spare = spares.reserve(parameter);
  kernels.copy(storage, spare);
  kernels.copy(average, storage);
  try {
    kernels.copy(spare, average);
  } catch (error) {
    kernels.copy(spare, storage);
    throw error;
  }
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

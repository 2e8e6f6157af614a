import type { Average } from './average.ts';
import { kernelsOf, storagesOf } from './backend.ts';
import { allocateLike } from './launch.ts';
import { type Parameter, storageOf } from './tensor.ts';

/** Exchanges every parameter with its average, in place. Nothing is exchanged when memory runs out. */
export function exchange(averages: ReadonlyMap<Parameter, Average>): void {
  // An average without storage of its own is its parameter already, and an empty one has nothing to exchange.
  const pairs = [...averages].filter(([parameter, { storage }]) => storage !== null && parameter.length > 0);
  const spares = new Spares();
  try {
    for (const [parameter] of pairs) spares.reserve(parameter);
    for (const [parameter, average] of pairs) {
      const kernels = kernelsOf(parameter.backend);
      const storage = storageOf(parameter);
      const spare = spares.reserve(parameter);
      kernels.copy(storage, spare);
      kernels.copy(average.storage, storage);
      kernels.copy(spare, average.storage);
    }
  } finally {
    spares.free();
  }
  for (const average of averages.values()) average.exchanged = !average.exchanged;
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
    for (const { like, storage } of this.#spares) storagesOf(like.backend).free(storage);
  }
}

function isSameSize(a: Parameter, b: Parameter): boolean {
  return a.backend === b.backend && a.dtype === b.dtype && a.length === b.length;
}

import { kernelsOf, storagesOf } from './backend.ts';
import { UnsupportedError } from './errors.ts';
import { allocateLike } from './launch.ts';
import { type Parameter, storageOf, Tensor } from './tensor.ts';

/**
 * A parameter's average. While `mu` is 1 the average is the parameter, so it has no storage of its own; the
 * step before the first blending one gives it some (SPEC.md, Averaging).
 */
export class Average {
  /** Its own storage, or `null` while it is the parameter. */
  storage: unknown = null;
  /** Whether the parameter's storage holds the average now, and this one's the parameter. */
  exchanged = false;
  /** The average as users see it: always today's values. */
  readonly tensor: Tensor;
  readonly #parameter: Parameter;
  #disposed = false;

  constructor(parameter: Parameter) {
    this.#parameter = parameter;
    const locate = (): unknown =>
      this.storage === null || this.exchanged ? storageOf(parameter) : this.storage;
    this.tensor = new Tensor(parameter, {
      kernels: kernelsOf(parameter.backend),
      storages: storagesOf(parameter.backend),
      mayAlias: true,
      get storage() {
        return locate();
      },
      release: () => {
        if (this.#disposed) return;
        throw new UnsupportedError(
          `The average of ${parameter} belongs to its optimizer: dispose of the optimizer instead.`,
        );
      },
    });
  }

  /** New storage of the right size, not yet the average's. @throws OutOfMemoryError */
  allocate(): unknown {
    return allocateLike(this.#parameter, this);
  }

  /** Takes `storage` for its own, or none, and frees what it had. */
  adopt(storage: unknown): void {
    if (this.storage !== null) this.free(this.storage);
    this.storage = storage;
  }

  /** Ends it, with the optimizer. */
  dispose(): void {
    this.adopt(null);
    this.#disposed = true;
    this.tensor.dispose();
  }

  /** Frees storage that `allocate` gave. */
  free(storage: unknown): void {
    storagesOf(this.#parameter.backend).free(storage);
  }
}

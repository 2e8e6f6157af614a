import type { AsgdError } from '@asgd/core';

/** Where values are. Only which one it is matters. */
export interface Place {
  readonly buffer: GPUBuffer;
}

/** What an operation writes, and which values that depends on. */
export interface Written {
  /** A buffer stands for every place in it, from its allocation on. */
  readonly target: Place | GPUBuffer;
  readonly from: readonly Place[];
}

/**
 * Which values are unknown, because the device failed to write them or computed them from such values. It is told of all
 * operations, in their order, once it is known how each has ended.
 */
export class UnknownValues {
  readonly #causes = new WeakMap<Place | GPUBuffer, AsgdError>();
  /** Nearly every backend never has any, and then they cost nothing. */
  #areAny = false;

  /** Notes how an operation has ended. */
  note(error: AsgdError | undefined, written: () => readonly Written[]): void {
    if (!error && !this.#areAny) return;
    for (const { target, from } of written()) {
      const cause = error ?? from.map((place) => this.#causeIn(place)).find((found) => found !== undefined);
      if (cause) this.#causes.set(target, cause);
      else this.#causes.delete(target);
      this.#areAny ||= cause !== undefined;
    }
  }

  /** Why the values of a place are unknown, if they are. */
  why(place: Place): AsgdError | undefined {
    const cause = this.#causeIn(place);
    return cause && explain(cause);
  }

  #causeIn(place: Place): AsgdError | undefined {
    return this.#causes.get(place) ?? this.#causes.get(place.buffer);
  }
}

/** An error like the cause, for each call that asks for the values. */
function explain(cause: AsgdError): AsgdError {
  const { constructor: Failure } = cause as { constructor: unknown };
  return new (Failure as new (message: string, options: ErrorOptions) => AsgdError)(
    `The values of this tensor are unknown. ${cause.message}\nWrite them again, or continue from a checkpoint.`,
    { cause },
  );
}

import type { AsgdError } from '@asgd/core';
import type { Span } from './memory.ts';

/** What an operation writes, and which values that depends on. */
export interface Written {
  /** A buffer stands for every span in it, from its allocation on. */
  readonly target: Span | GPUBuffer;
  readonly from: readonly Span[];
}

/**
 * Which values are unknown, because the device failed to write them or computed them from such values. It is told of all
 * operations, in their order, once it is known how each has ended.
 */
export class UnknownValues {
  readonly #causes = new WeakMap<Span | GPUBuffer, AsgdError>();
  /** Nearly every backend never has any, and then they cost nothing. */
  #areAny = false;

  /** Notes how an operation has ended. */
  note(error: AsgdError | undefined, written: () => readonly Written[]): void {
    if (!error && !this.#areAny) return;
    for (const { target, from } of written()) {
      const cause = error ?? from.map((span) => this.#causeIn(span)).find((found) => found !== undefined);
      if (cause) this.#causes.set(target, cause);
      else this.#causes.delete(target);
      this.#areAny ||= cause !== undefined;
    }
  }

  /** Why the values of a span are unknown, if they are. */
  why(span: Span): AsgdError | undefined {
    const cause = this.#causeIn(span);
    return cause && explain(cause);
  }

  #causeIn(span: Span): AsgdError | undefined {
    return this.#causes.get(span) ?? this.#causes.get(span.buffer);
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

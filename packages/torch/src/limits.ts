import { ArgumentError } from '@asgd/core';
import { CheckpointError } from './errors.ts';

/** How much a file may ask for. Checkpoints come from strangers, so a file that exceeds a limit is refused. */
export interface Limits {
  /** Bytes to take from a stream, whose length is not known before its end. Default: 4 GiB. */
  readonly streamBytes: number;
  /** Bytes of a pickle, of a safetensors header, and of an archive's directory. Default: 64 MiB. */
  readonly structureBytes: number;
  /** Values in a pickle, counted at each use (a tensor takes about 20); records in an archive. Default: 2 Mi. */
  readonly objects: number;
  /** How deep objects may be nested. Default: 200. */
  readonly depth: number;
  /**
   * Bytes of memory beyond the file's own size: for compressed data, and for tensors that are copied because their
   * elements are not in order, such as expanded ones. Default: 1 GiB and twice the file's size.
   */
  readonly extraBytes: number;
}

const GiB = 2 ** 30;

/** The limits for a file of this size. @throws ArgumentError */
export function resolveLimits(given: Partial<Limits> = {}, fileBytes = 0): Limits {
  const defaults: Limits = {
    streamBytes: 4 * GiB,
    structureBytes: GiB / 16,
    objects: 2 ** 21,
    depth: 200,
    extraBytes: GiB + 2 * fileBytes,
  };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new ArgumentError(`Unknown limit '${name}': expected ${Object.keys(defaults).join(', ')}.`);
    }
    if (!(typeof value === 'number' && value >= 0)) {
      throw new ArgumentError(`The limit ${name} is ${String(value)}: expected a number >= 0.`);
    }
  }
  return { ...defaults, ...given };
}

/** Throws if something exceeds its limit. @throws CheckpointError */
export function checkLimit(limits: Limits, name: keyof Limits, needed: number, what: string): void {
  if (needed > limits[name]) {
    throw new CheckpointError(
      `${what} comes to ${needed}, above the limit ${name} of ${limits[name]}: ` +
        `if you trust the file, raise it with the option limits: { ${name} }.`,
    );
  }
}

/** How much of `extraBytes` is left. */
export class Budget {
  readonly #limits: Limits;
  #used = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** @throws CheckpointError */
  take(bytes: number, what: string): void {
    this.#used += bytes;
    checkLimit(this.#limits, 'extraBytes', this.#used, what);
  }
}

import type { DType, RealArray } from './dtype.ts';
import type { Options } from './options.ts';

/**
 * An optimizer's state as plain data, independent of the optimizer. It can be structured-cloned; and what
 * `JSON.parse(JSON.stringify(dict))` gives can be loaded, with every bit (SPEC.md, State dictionary).
 */
export interface StateDict {
  /** By the parameter's running index over the groups; only parameters that have taken a step. */
  readonly state: Readonly<Record<number, SavedState>>;
  readonly paramGroups: readonly SavedGroup[];
}

/** Scalars may be numbers or, in older dictionaries, one-element arrays or saved tensors. */
export type SavedScalar = number | ArrayLike<number> | SavedTensor;

export interface SavedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Complex values interleaved: re, im, re, im, … */
  readonly values: RealArray;
}

export interface SavedState {
  readonly step: SavedScalar;
  readonly eta: SavedScalar;
  readonly mu: SavedScalar;
  readonly ax: SavedTensor;
}

/** A group's options and what you keep with it, with the indices of its parameters. */
export interface SavedGroup extends Partial<Omit<Options, 'lr'>> {
  readonly lr?: SavedScalar;
  readonly params: readonly number[];
  readonly paramNames?: readonly string[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

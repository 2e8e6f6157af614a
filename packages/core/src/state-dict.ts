import type { DType, RealArray } from './dtype.ts';
import type { Options } from './options.ts';

/**
 * An optimizer's state as plain data, independent of the optimizer. It can be structured-cloned; and what
 * `JSON.parse(JSON.stringify(dict))` gives can be loaded, with every bit (SPEC.md, State dictionary).
 */
export interface StateDict {
  /** By the parameter's running index over the groups; only parameters that have taken a step. */
  readonly state: Readonly<Record<number, SavedState>>;
  /** In the optimizer’s order. */
  readonly paramGroups: readonly SavedGroup[];
}

/** Scalars may be numbers or, in older dictionaries, one-element arrays or saved tensors. */
export type SavedScalar = number | ArrayLike<number> | SavedTensor;

/** A tensor as plain data. */
export interface SavedTensor {
  /** What the values are. */
  readonly dtype: DType;
  /** `[]` for a single number. */
  readonly shape: readonly number[];
  /** Complex values interleaved: re, im, re, im, … */
  readonly values: RealArray;
}

/** What an optimizer remembers of one parameter (SPEC.md, State). */
export interface SavedState {
  /** How many updates there have been. */
  readonly step: SavedScalar;
  /** The step size of the next update. */
  readonly eta: SavedScalar;
  /** The weight of the parameter in the next average. */
  readonly mu: SavedScalar;
  /** The average, with the dtype and the shape of the parameter. */
  readonly ax: SavedTensor;
}

/** A group's options and what you keep with it, with the indices of its parameters. */
export interface SavedGroup extends Partial<Omit<Options, 'lr'>> {
  /** The learning rate. */
  readonly lr?: SavedScalar;
  /** Indices of parameters, which run over all groups. */
  readonly params: readonly number[];
  /** One name a parameter, where they have names. */
  readonly paramNames?: readonly string[];
  /** What you keep with the group. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

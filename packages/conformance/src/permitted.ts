import type { Capabilities } from '@asgd/core';
import { fma } from './fma.ts';
import type { Scalars } from './reference.ts';
import { roundTo, smallestNormal } from './rounding.ts';

/** The capabilities that allow a backend more than one result. */
export type Latitude = Pick<Capabilities, 'contraction' | 'subnormals'>;

/**
 * Every value that one update of one real may give the parameter on a backend with this latitude: each product
 * fused with the sum that follows it or not, each subnormal operand and result kept or replaced by a zero of its sign.
 * Without latitude, this is the one result of the reference.
 */
export function permittedParameters(
  parameter: number,
  gradient: number,
  scalars: Scalars,
  latitude: Latitude,
): readonly number[] {
  const { maximize, weightDecay, decay, negativeEta } = scalars;
  const { multiplyAdd, sumOfProducts } = arithmetic(scalars, latitude);
  const signed = [maximize ? -gradient : gradient];
  const gradients = weightDecay === 0 ? signed : multiplyAdd(weightDecay, parameter, signed);
  return collect(gradients, (g) => sumOfProducts([parameter, decay], [negativeEta, g]));
}

/** Every value that it may give the average, given the updated parameter. */
export function permittedAverages(
  updated: number,
  average: number,
  scalars: Scalars,
  latitude: Latitude,
): readonly number[] {
  const { mu } = scalars;
  const { flushed, add, multiplyAdd } = arithmetic(scalars, latitude);
  if (mu === 1) return flushed([updated]);
  return collect(add([updated], [-average]), (difference) => multiplyAdd(difference, mu, [average]));
}

/** Arithmetic on sets of numbers: the result holds the results for all choices of operands. */
interface SetArithmetic {
  /** The numbers, and a zero for each that is subnormal. */
  flushed(values: readonly number[]): readonly number[];
  add(a: readonly number[], b: readonly number[]): readonly number[];
  /** `a * b + c` for every c. */
  multiplyAdd(a: number, b: number, c: readonly number[]): readonly number[];
  /** `a * b + c * d`, where one of the products may be fused, but not both. */
  sumOfProducts(left: readonly [number, number], right: readonly [number, number]): readonly number[];
}

function arithmetic({ dtype }: Scalars, { contraction, subnormals }: Latitude): SetArithmetic {
  const isFlushed = (value: number): boolean =>
    subnormals === 'flush' && value !== 0 && Math.abs(value) < smallestNormal[dtype];
  const flushed = (values: readonly number[]): readonly number[] =>
    collect(values, (value) => (isFlushed(value) ? [value, value > 0 ? 0 : -0] : [value]));

  const pairs = (
    a: readonly number[],
    b: readonly number[],
    operation: (a: number, b: number) => number,
  ): readonly number[] =>
    flushed(collect(flushed(a), (x) => flushed(b).map((y) => roundTo(dtype, operation(x, y)))));
  const add = (a: readonly number[], b: readonly number[]): readonly number[] => pairs(a, b, (x, y) => x + y);
  const multiply = (a: number, b: number): readonly number[] => pairs([a], [b], (x, y) => x * y);
  const fused = (a: number, b: number, c: readonly number[]): readonly number[] =>
    contraction === 'never'
      ? []
      : collect(flushed(c), (addend) => pairs([a], [b], (x, y) => fma(dtype, x, y, addend)));

  return {
    flushed,
    add,
    multiplyAdd: (a, b, c) => distinct([...add(c, multiply(a, b)), ...fused(a, b, c)]),
    sumOfProducts: ([a, b], [c, d]) =>
      distinct([
        ...add(multiply(a, b), multiply(c, d)),
        ...fused(a, b, multiply(c, d)),
        ...fused(c, d, multiply(a, b)),
      ]),
  };
}

function collect(
  values: readonly number[],
  results: (value: number) => readonly number[],
): readonly number[] {
  return distinct(values.flatMap(results));
}

/** A Set alone would merge 0 and −0. */
function distinct(values: readonly number[]): readonly number[] {
  if (values.length < 2) return values;
  const zeros = [0, -0].filter((zero) => values.some((value) => Object.is(value, zero)));
  return [...new Set(values.filter((value) => value !== 0)), ...zeros];
}

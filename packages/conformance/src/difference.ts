import type { RealArray, RealDType } from '@asgd/core';
import { ulpDistance } from './compare.ts';
import { figureOf } from './diagnose.ts';
import type { Figure } from './diagnosis.ts';
import type { Observed } from './observe.ts';
import { toPlainUlp } from './report.ts';

/** Where two backends first differ in a case, and by how much. */
export interface Difference {
  /** After which step of the case, from 1; 0 for the values that it starts from. */
  readonly step: number;
  /** Which parameter of the case, from 0. */
  readonly parameter: number;
  /** What of it differs: its values, its average, or a number of its schedule. */
  readonly what: 'parameter' | 'average' | 'step' | 'eta' | 'mu';
  /** What it is stored in. */
  readonly dtype: RealDType;
  /** The first real that differs, from 0. */
  readonly index: number;
  /** How many reals there are. */
  readonly length: number;
  /** How many of them differ. */
  readonly count: number;
  /** What each backend has there. */
  readonly values: readonly [Figure, Figure];
  /** How far apart these are; 0 for zeros of different signs, `null` for counts of steps. */
  readonly ulp: number | 'infinite' | null;
}

type Kind = Pick<Difference, 'step' | 'parameter' | 'what' | 'dtype'>;

/** The observations of one case by two backends, step by step. Any NaN equals any other; −0 does not equal 0. */
export function firstDifference(
  a: readonly (readonly Observed[])[],
  b: readonly (readonly Observed[])[],
): Difference | null {
  for (const [step, ours] of a.entries()) {
    for (const [parameter, one] of ours.entries()) {
      const other = b[step]?.[parameter];
      if (!other) throw new Error(`The second backend shows no parameter ${parameter} after step ${step}.`);
      const difference = differenceOf(step, parameter, one, other);
      if (difference) return difference;
    }
  }
  return null;
}

function differenceOf(step: number, parameter: number, a: Observed, b: Observed): Difference | null {
  const dtype = a.values instanceof Float32Array ? 'float32' : 'float64';
  const differ = (
    what: Difference['what'],
    of: RealDType,
    x: RealArray | readonly number[],
    y: typeof x,
  ): Difference | null => differenceOfArrays({ step, parameter, what, dtype: of }, x, y);
  return (
    differ('parameter', dtype, a.values, b.values) ??
    // Without state there was no update yet.
    differ('step', 'float64', [a.state?.step ?? 0], [b.state?.step ?? 0]) ??
    (a.state && b.state
      ? (differ('average', dtype, a.state.ax, b.state.ax) ??
        differ('eta', 'float32', [a.state.eta], [b.state.eta]) ??
        differ('mu', 'float32', [a.state.mu], [b.state.mu]))
      : null)
  );
}

function differenceOfArrays(
  kind: Kind,
  a: RealArray | readonly number[],
  b: RealArray | readonly number[],
): Difference | null {
  let first = -1;
  let count = 0;
  for (let index = 0; index < a.length; index++) {
    if (Object.is(a[index], b[index])) continue;
    if (first < 0) first = index;
    count++;
  }
  if (first < 0) return null;
  const [x, y] = [a[first] ?? Number.NaN, b[first] ?? Number.NaN];
  return {
    ...kind,
    index: first,
    length: a.length,
    count,
    values: [figureOf(kind.dtype, x), figureOf(kind.dtype, y)],
    ulp: kind.what === 'step' ? null : toPlainUlp(ulpDistance(kind.dtype, x, y)),
  };
}

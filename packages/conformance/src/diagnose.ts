import type { RealDType } from '@asgd/core';
import { formatNumber, ulpDistance } from './compare.ts';
import type { Diagnosis, Figure } from './diagnosis.ts';
import { explain, type Observations } from './mistakes.ts';
import type { Element, Scalars } from './reference.ts';
import { toPlainUlp } from './report.ts';

/** An update of a parameter whose values are not all right. */
export interface WrongUpdate {
  readonly step: number;
  readonly scalars: Scalars;
  readonly observations: Observations;
  /** What an element should have become. */
  expected(index: number): Element;
}

/** Says of a wrong update what can be said. @returns `null` if every element is right */
export function diagnose({ step, scalars, observations, expected }: WrongUpdate): Diagnosis | null {
  const allWrong: number[] = [];
  for (let at = 0; at < observations.length; at++) if (!observations.at(at).isRight) allWrong.push(at);
  const [index] = allWrong;
  if (index === undefined) return null;
  const first = observations.at(index);
  const { dtype, decay, negativeEta, mu, weightDecay, maximize } = scalars;
  const wanted = expected(index);
  const wrong = Object.is(first.after.parameter, wanted.parameter) ? 'average' : 'parameter';
  const figure = (value: number): Figure => figureOf(dtype, value);
  return {
    wrong,
    dtype,
    step,
    index,
    length: observations.length,
    count: allWrong.length,
    inputs: {
      parameter: figure(first.before.parameter),
      average: figure(first.before.average),
      gradient: figure(first.gradient),
    },
    scalars: {
      decay: figure(decay),
      eta: figure(-negativeEta),
      mu: figure(mu),
      weightDecay: figure(weightDecay),
    },
    maximize,
    expected: figure(wanted[wrong]),
    actual: figure(first.after[wrong]),
    ulp: toPlainUlp(ulpDistance(dtype, first.after[wrong], wanted[wrong])) ?? 0,
    asIf: explain(observations, allWrong, scalars),
  };
}

const bytes = new DataView(new ArrayBuffer(8));

/** A number of the dtype in both forms. */
export function figureOf(dtype: RealDType, value: number): Figure {
  if (dtype === 'float32') bytes.setFloat32(0, value);
  else bytes.setFloat64(0, value);
  const digits = (from: number): string => bytes.getUint32(from).toString(16).padStart(8, '0');
  const bits = dtype === 'float32' ? digits(0) : digits(0) + digits(4);
  return { decimal: formatNumber(value), bits: `0x${bits}` };
}

import type { RealDType } from '@asgd/core';

/** A number, as text in both forms: JSON has no NaN and no −0. */
export interface Figure {
  /** The shortest decimal that reads back as the number. */
  readonly decimal: string;
  /** Its bits, in hexadecimal. */
  readonly bits: string;
}

/** What one wrong update started from, and what it gave: the first element that is wrong. */
export interface Diagnosis {
  readonly wrong: 'parameter' | 'average';
  readonly dtype: RealDType;
  /** Which step of the case, from 1. */
  readonly step: number;
  readonly index: number;
  /** How many reals the parameter has. */
  readonly length: number;
  /** How many of them are wrong. */
  readonly count: number;
  readonly inputs: Readonly<Record<'parameter' | 'average' | 'gradient', Figure>>;
  readonly scalars: Readonly<Record<'decay' | 'eta' | 'mu' | 'weightDecay', Figure>>;
  readonly maximize: boolean;
  readonly expected: Figure;
  readonly actual: Figure;
  /** How far apart these are. */
  readonly ulp: number | 'infinite';
  /** Mistakes that explain every element, in words that follow "as if". */
  readonly asIf: readonly string[];
}

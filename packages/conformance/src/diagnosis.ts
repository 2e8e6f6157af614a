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
  /** What is wrong. */
  readonly wrong: 'parameter' | 'average';
  /** What it was computed in. */
  readonly dtype: RealDType;
  /** Which step of the case, from 1. */
  readonly step: number;
  /** Which real of it, from 0. */
  readonly index: number;
  /** How many reals the parameter has. */
  readonly length: number;
  /** How many of them are wrong. */
  readonly count: number;
  /** What the update read there. */
  readonly inputs: Readonly<Record<'parameter' | 'average' | 'gradient', Figure>>;
  /** The numbers that the whole update shares. */
  readonly scalars: Readonly<Record<'decay' | 'eta' | 'mu' | 'weightDecay', Figure>>;
  /** Whether the gradient counts with the opposite sign. */
  readonly maximize: boolean;
  /** What the update should give. */
  readonly expected: Figure;
  /** What it gave. */
  readonly actual: Figure;
  /** How far apart these are. */
  readonly ulp: number | 'infinite';
  /** Mistakes that explain every element, in words that follow "as if". */
  readonly asIf: readonly string[];
}

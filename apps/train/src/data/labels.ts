import { UserError } from '../errors.ts';
import type { LabelRule } from './parser.ts';

/** What a loss takes labels for: any number, one of two classes, or one of many. */
export type LabelKind = 'numbers' | 'two classes' | 'classes';

/** More different labels than this are numbers to predict, not classes. */
const mostClasses = 1000;

/** So few are classes, however few rows there are. */
const fewClasses = 20;

/** Of more classes, there are this many rows each on average. Of a measured quantity, most values come once or twice. */
const leastRowsPerClass = 5;

/** Checks the training data's labels as they are read, and collects the classes. */
export class LabelCollector {
  readonly #kind: LabelKind;
  readonly #loss: string;
  readonly #classes = new Set<number>();
  #complete = false;

  constructor(kind: LabelKind, loss: string) {
    this.#kind = kind;
    this.#loss = loss;
  }

  readonly accept: LabelRule = (label) => {
    if (this.#kind === 'numbers' || this.#classes.has(label)) return undefined;
    if (this.#complete) return 'a label that occurred before';
    if (!Number.isSafeInteger(label)) {
      return `a whole number: --loss ${this.#loss} tells classes apart (--loss squared predicts any number)`;
    }
    const most = this.#kind === 'two classes' ? 2 : mostClasses;
    if (this.#classes.size === most) {
      return most === 2
        ? `${this.classes().join(' or ')}: --loss ${this.#loss} tells two classes apart (--loss softmax more)`
        : `at most ${most} different classes (--loss squared predicts numbers)`;
    }
    this.#classes.add(label);
    return undefined;
  };

  /** The classes in increasing order; none if labels are numbers. */
  classes(): readonly number[] {
    return [...this.#classes].toSorted((a, b) => a - b);
  }

  /** To be called after all rows have been read: refuses what cannot be classes, and accepts no more of them. */
  complete(file: string, rows: number): void {
    this.#complete = true;
    const [only] = this.#classes;
    const { size } = this.#classes;
    if (this.#kind === 'numbers') return;
    if (size === 1) {
      throw new UserError(`${file}: every label is ${only}, expected two different classes or more`);
    }
    if (size <= fewClasses || rows >= leastRowsPerClass * size) return;
    throw new UserError(
      `${file}: found ${size} different labels in ${rows} rows, which look like numbers to predict, not like classes: ` +
        `predict them with --loss squared, or give --loss ${this.#loss} at least ${leastRowsPerClass} rows for each class`,
    );
  }
}

/** For test data: accepts only labels of the training data. */
export function knownLabels(classes: readonly number[]): LabelRule {
  if (classes.length === 0) return () => undefined;
  const known = new Set(classes);
  const list = classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, …` : classes.join(', ');
  return (label) => (known.has(label) ? undefined : `a label of the training data (${list})`);
}

import { UserError } from '../errors.ts';

/** What a loss takes labels for: any number, or one of some classes. */
export type LabelKind = 'numbers' | 'classes';

/** A label as the data has it: a number, or text that is no number. */
export type Label = number | string;

/** Checks a label: the number that stands for it in rows or, if it is refused, what was expected. */
export type LabelRule = (label: Label) => number | string;

/** Classes by name, in order: numbers first. Each has the number that stands for it in rows. */
export type Classes = ReadonlyMap<Label, number>;

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
  readonly #classes = new Map<Label, number>();
  #texts = 0;
  #complete = false;

  constructor(kind: LabelKind, loss: string) {
    this.#kind = kind;
    this.#loss = loss;
  }

  readonly accept: LabelRule = (label) => {
    if (this.#kind === 'numbers') return numberOnly(label);
    const known = this.#classes.get(label);
    if (known !== undefined) return known;
    if (this.#complete) return 'a label that occurred before';
    if (typeof label === 'number' && !Number.isSafeInteger(label)) {
      return `a whole number or text: --loss ${this.#loss} tells classes apart (--loss squared predicts any number)`;
    }
    if (this.#classes.size === mostClasses) {
      return `at most ${mostClasses} different classes (--loss squared predicts numbers)`;
    }
    const standsFor = typeof label === 'number' ? label : this.#nextForText();
    this.#classes.set(label, standsFor);
    return standsFor;
  };

  /** The classes: numbers in increasing order, then text in the order of its UTF-16 codes; none if labels are numbers. */
  classes(): Classes {
    return new Map([...this.#classes].toSorted(([a], [b]) => compare(a, b)));
  }

  /** To be called after all rows have been read: refuses what cannot be classes, and accepts no more of them. */
  complete(file: string, rows: number): void {
    this.#complete = true;
    const { size } = this.#classes;
    if (this.#kind === 'numbers') return;
    if (size === 1) {
      throw new UserError(
        `${file}: every label is ${this.#names().join()}, expected two different classes or more`,
      );
    }
    if (size <= fewClasses || rows >= leastRowsPerClass * size) return;
    const found =
      this.#texts === 0
        ? 'which look like numbers to predict, not like classes: predict them with --loss squared, or give'
        : 'too few rows to tell them apart: name the column of the classes with --label, or give';
    throw new UserError(
      `${file}: found ${size} different labels in ${rows} rows, ${found} --loss ${this.#loss} at least ` +
        `${leastRowsPerClass} rows for each class`,
    );
  }

  /** Classes that are numbers are whole ones, so halves are free to stand for text. */
  #nextForText(): number {
    this.#texts += 1;
    return this.#texts - 0.5;
  }

  #names(): string[] {
    return [...this.classes().keys()].map(shownLabel);
  }
}

/** For test data: accepts only labels of the training data. */
export function knownLabels(classes: Classes): LabelRule {
  if (classes.size === 0) return numberOnly;
  const list = listLabels([...classes.keys()]);
  return (label) => classes.get(label) ?? `a label of the training data (${list})`;
}

/** A label for a message: text in quotes. */
export function shownLabel(label: Label): string {
  return typeof label === 'number' ? String(label) : JSON.stringify(label);
}

/** The first labels, for a message. */
export function listLabels(labels: readonly Label[], most = 12): string {
  const list = labels.slice(0, most).map(shownLabel).join(', ');
  return labels.length > most ? `${list}, …` : list;
}

const numberOnly: LabelRule = (label) =>
  typeof label === 'number' ? label : 'a number: --loss squared predicts numbers (--loss softmax classes)';

function compare(a: Label, b: Label): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  return a < b ? -1 : 1;
}

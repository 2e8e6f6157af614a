import { ArgumentError, describe } from '@asgd/core/errors';
import { DataError } from './errors.ts';
import { isList } from './rows.ts';

/** What a classifier tells apart: strings or numbers. */
export type Label = string | number;

/** The targets of as many rows as have labels that can be used, and what is wrong with the next one. */
export interface TargetReading {
  readonly targets: Float64Array;
  readonly problem?: DataError;
}

/** Turns labels to the targets of the kernels. */
export interface Targets<Name> {
  /** Scores a row. */
  readonly outputs: number;
  read(labels: ArrayLike<Name>, count: number): TargetReading;
  /** What the rows of a target count. */
  weightOf(target: number): number;
}

/** Numbers are their own targets. */
export const numberTargets: Targets<number> = {
  outputs: 1,
  read: (labels, count) =>
    readEach(labels, count, (label, row) =>
      Number.isFinite(label)
        ? label
        : new DataError(`The target of row ${row} is ${describe(label)}: expected a finite number.`, { row }),
    ),
  weightOf: () => 1,
};

/** Two classes are -1 and 1, of one score; more, and all under softmax, have a score each and are numbered. */
export class ClassTargets<Name extends Label> implements Targets<Name> {
  readonly classes: readonly Name[];
  readonly outputs: number;
  readonly #numbers: ReadonlyMap<Name, number>;
  readonly #weights: readonly number[];

  constructor(classes: readonly Name[], isSoftmax: boolean, weights?: readonly number[]) {
    this.classes = classes;
    this.outputs = isSoftmax || classes.length > 2 ? classes.length : 1;
    this.#numbers = new Map(classes.map((name, number) => [name, number]));
    this.#weights = weights ?? classes.map(() => 1);
  }

  read(labels: ArrayLike<Name>, count: number): TargetReading {
    return readEach(labels, count, (label, row) => {
      const number = this.#numbers.get(label);
      if (number === undefined) {
        return new DataError(
          `The label of row ${row} is ${describe(label)}: expected one of the classes ${listed(this.classes)}.`,
          { row },
        );
      }
      return this.outputs === 1 ? 2 * number - 1 : number;
    });
  }

  /** The number of the class that a target stands for. */
  numberOf(target: number): number {
    return this.outputs === 1 ? (target + 1) / 2 : target;
  }

  weightOf(target: number): number {
    return this.#weights[this.numberOf(target)] ?? 1;
  }
}

/**
 * The classes among labels, each once, in order: numbers by size, strings by their code units.
 * @throws DataError naming the row of a label that is neither, or of the first of another type
 */
export function classesAmong<Name extends Label>(labels: ArrayLike<Name>): Name[] {
  const found = new Set<Name>();
  const type = typeof labels[0];
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row];
    if (!isLabel(label)) {
      throw new DataError(`The label of row ${row} is ${describe(label)}: expected a string or a number.`, {
        row,
      });
    }
    if (typeof label !== type) {
      throw new DataError(
        `The label of row ${row} is ${describe(label)}, and that of row 0 ${describe(labels[0])}: expected only strings ` +
          `or only numbers.`,
        { row },
      );
    }
    found.add(label);
  }
  return sorted([...found]);
}

/** What `partialFit` is told of the classes. @throws ArgumentError */
export function checkClasses<Name extends Label>(classes: readonly Name[] | undefined): Name[] {
  if (classes === undefined) {
    throw new ArgumentError(
      `The first partialFit() needs all classes that will come: give it { classes: ['ham', 'spam'] }.`,
    );
  }
  const isSound =
    isList(classes) &&
    classes.every((name) => isLabel(name) && typeof name === typeof classes[0]) &&
    new Set(classes).size === classes.length &&
    classes.length > 1;
  if (!isSound) {
    throw new ArgumentError(
      `classes is ${describe(classes)}: expected two different labels or more, only strings or only numbers.`,
    );
  }
  return sorted([...classes]);
}

function isLabel(value: unknown): value is Label {
  return typeof value === 'string' || Number.isFinite(value);
}

function sorted<Name extends Label>(labels: Name[]): Name[] {
  return labels.toSorted((a, b) => (a < b ? -1 : 1));
}

/** Short enough for a message. */
export function listed(classes: readonly Label[]): string {
  const shown = classes.slice(0, 8).map(describe).join(', ');
  return classes.length > 8 ? `${shown}, … (${classes.length} in all)` : shown;
}

function readEach<Name>(
  labels: ArrayLike<Name>,
  count: number,
  read: (label: Name, row: number) => number | DataError,
): TargetReading {
  const targets = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const target = read(labels[row] as Name, row);
    if (typeof target !== 'number') return { targets: targets.subarray(0, row), problem: target };
    targets[row] = target;
  }
  return { targets };
}

import type { Label as ClassName } from '@asgd/linear';
import { type Label, listLabels, type LabelRule } from '../data/labels.ts';
import { UsageError } from './failure.ts';

/** Labels on their way from text to a model: what stands for each in rows, and back. */
export interface LabelCoding {
  readonly accept: LabelRule;
  decode(number: number): ClassName;
}

/** Numbers are what they are. */
export const numberCoding: LabelCoding = {
  accept: (label) => (typeof label === 'number' ? label : 'a number: this loss predicts numbers'),
  decode: (number) => number,
};

/** A class is its place in the list. Classes that are not all numbers are text, `1` among them too. */
export function classCoding(classes: readonly ClassName[]): LabelCoding {
  const areText = typeof classes[0] === 'string';
  const places = new Map(classes.map((name, place) => [name, place]));
  const expected = `one of the classes ${listLabels(classes)}`;
  return {
    accept: (label: Label) => places.get(areText ? String(label) : label) ?? expected,
    decode: (place) => classes[place] ?? NaN,
  };
}

/** The list that `--classes` has. @throws UsageError */
export function parseClasses(list: string): readonly ClassName[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.includes('') || names.length < 2 || new Set(names).size < names.length) {
    throw new UsageError(
      `found --classes ${list}, expected two different names or more, separated by commas: --classes ham,spam`,
    );
  }
  const numbers = names.map(Number);
  return numbers.every(Number.isFinite) ? numbers : names;
}

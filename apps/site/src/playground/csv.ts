import { randomFrom } from '../noisy-quadratic.ts';
import type { LinearData, Rows } from './linear-problem.ts';

/** A table as text: the names of the columns, and the cells of each row. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const categoriesAtMost = 20;
const classesAtMost = 50;

/** @throws Error for a file without rows or with rows of different lengths */
export async function readTable(text: string): Promise<Table> {
  const { default: papaparse } = await import('papaparse');
  const { data, errors } = papaparse.parse<string[]>(text.trim(), { skipEmptyLines: 'greedy' });
  const problem = errors.find(({ type }) => type === 'Quotes');
  if (problem) throw new Error(`Row ${(problem.row ?? 0) + 1}: ${problem.message}.`);
  const [first = [], ...others] = data;
  const hasHeader = first.every((cell) => !isNumber(cell));
  const rows = hasHeader ? others : data;
  if (rows.length < 10) throw new Error(`The file has ${rows.length} rows; expected 10 or more.`);
  const wrong = rows.findIndex((row) => row.length !== first.length);
  if (wrong >= 0) {
    throw new Error(
      `Row ${wrong + (hasHeader ? 2 : 1)} has ${rows[wrong]?.length} cells; expected ${first.length}, as in the first.`,
    );
  }
  if (first.length < 2) {
    throw new Error('The file has one column; expected a label and at least one feature.');
  }
  return { columns: hasHeader ? first : first.map((_, index) => `column ${index + 1}`), rows };
}

/**
 * A table as rows of standardized features and a label. Columns of numbers have mean 0 and deviation 1, with the mean
 * in place of what is missing; columns of text become a feature for each value. Every fifth row, in a shuffled order
 * that is the same each time, is for the test.
 * @param label the column to predict: classes if it has text or few values, else a number
 * @throws Error that names the column that cannot be used
 */
export function toLinearData(
  { columns, rows }: Table,
  label: number,
): LinearData & { readonly names: string[] } {
  const target = targetOf(
    columns[label] ?? '',
    rows.map((row) => row[label] ?? ''),
  );
  const features = columns.flatMap((name, column) =>
    column === label
      ? []
      : featuresOf(
          name,
          rows.map((row) => (row[column] ?? '').trim()),
        ),
  );
  const order = shuffledOrder(rows.length);
  const isTest = (_: number, place: number): boolean => place % 5 === 0;
  const take = (chosen: readonly number[]): Rows => ({
    features: Float32Array.from(chosen.flatMap((row) => features.map(({ values }) => values[row] ?? 0))),
    targets: Float32Array.from(chosen, (row) => target.values[row] ?? 0),
  });
  const names = features.map(({ name }) => name);
  return {
    training: take(order.filter((row, place) => !isTest(row, place))),
    test: take(order.filter(isTest)),
    width: features.length,
    outputs: target.classes?.length ?? 1,
    names,
    about: {
      label: columns[label],
      classes: target.classes,
      target: target.scale,
      features: features.map(({ name, scale }) => ({ name, ...scale })),
    },
  };
}

interface Feature {
  readonly name: string;
  readonly values: readonly number[];
  /** What was subtracted, and by what it was divided then. */
  readonly scale: { readonly mean: number; readonly deviation: number };
}

function featuresOf(name: string, cells: readonly string[]): Feature[] {
  const present = cells.filter((cell) => !isMissing(cell));
  if (present.every(isNumber)) return present.length === 0 ? [] : [standardized(name, cells)];
  const values = [...new Set(present)].toSorted();
  if (values.length > categoriesAtMost) return []; // names and free text say nothing to a linear model
  return values.map((value) => ({
    name: `${name} = ${value}`,
    values: cells.map((cell) => (cell === value ? 1 : 0)),
    scale: { mean: 0, deviation: 1 },
  }));
}

function standardized(name: string, cells: readonly string[]): Feature {
  const numbers = cells.filter((cell) => !isMissing(cell)).map(Number);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  const deviation = Math.sqrt(variance) || 1;
  const values = cells.map((cell) => (isMissing(cell) ? 0 : (Number(cell) - mean) / deviation));
  return { name, values, scale: { mean, deviation } };
}

function targetOf(
  name: string,
  cells: readonly string[],
): { readonly classes?: string[]; readonly values: readonly number[]; readonly scale?: Feature['scale'] } {
  const missing = cells.findIndex((cell) => isMissing(cell.trim()));
  if (missing >= 0) throw new Error(`Row ${missing + 1} of the data has no ${name}, which is the label.`);
  const values = [...new Set(cells.map((cell) => cell.trim()))].toSorted();
  if (values.length < 2) throw new Error(`Every row has the same ${name}: there is nothing to learn.`);
  if (values.every(isNumber) && values.length > Math.min(20, cells.length / 5)) {
    const { values: numbers, scale } = standardized(name, cells);
    return { values: numbers, scale };
  }
  if (values.length > classesAtMost) {
    throw new Error(
      `${name} has ${values.length} different values; expected numbers, or ${classesAtMost} classes at most.`,
    );
  }
  return { classes: values, values: cells.map((cell) => values.indexOf(cell.trim())) };
}

function shuffledOrder(count: number): number[] {
  const random = randomFrom(count);
  return Array.from({ length: count }, (_, row) => [random(), row] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, row]) => row);
}

const isMissing = (cell: string): boolean => cell === '' || cell === '?' || /^(?:na|nan)$/i.test(cell);
const isNumber = (cell: string): boolean => cell.trim() !== '' && Number.isFinite(Number(cell));

/** A file to try the page with: made-up flowers of three kinds. */
export function exampleFile(): string {
  const random = randomFrom(3);
  const kinds = [
    ['rose', 3, 1.2],
    ['tulip', 4.2, 2.2],
    ['poppy', 2.4, 2.6],
  ] as const;
  const around = (middle: number): string => (middle + 1.6 * (random() + random() - 1)).toFixed(2);
  const rows = Array.from({ length: 300 }, (_, index) => {
    const [kind, length, width] = kinds[index % 3] ?? kinds[0];
    const other = kind === 'poppy' ? 'orange' : 'pink';
    const color = random() < 0.6 ? 'red' : other;
    return [around(length), around(width), around(5), color, kind].join();
  });
  return ['petal length,petal width,stem,color,kind', ...rows].join('\n');
}

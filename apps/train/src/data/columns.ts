import { FeatureHasher, type SparseMatrix, TextVectorizer } from '@asgd/linear';
import { UserError } from '../errors.ts';
import { Categories } from './categories.ts';
import { comma, type Fail, Fields } from './fields.ts';
import type { Header } from './header.ts';

/** As in the hashers of `@asgd/linear`. */
export const defaultHashColumns: number = 2 ** 18;

/** What a column of CSV is for. */
export type Use = 'label' | 'number' | 'categorical' | 'hashed' | 'text' | 'ignored';

/** Which columns the settings name, by name or by place: `1` is the first, `-1` the last. */
export interface ColumnOptions {
  /** Default: the first. */
  readonly label?: string | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly categorical?: readonly string[] | undefined;
  /** Columns of categories, whatever their number. */
  readonly hashed?: readonly string[] | undefined;
  /** Columns of words. */
  readonly text?: readonly string[] | undefined;
  /** How many features a hashed column or one of text has. */
  readonly hashColumns?: number | undefined;
}

/** Whether the settings make features of which nearly all are 0. */
export function makesSparse({ hashed = [], text = [] }: ColumnOptions): boolean {
  return hashed.length > 0 || text.length > 0;
}

/** The columns in a list such as `width,"a, b",-1`, a line of CSV; `undefined` for anything else. */
export function parseColumnList(text: string): readonly string[] | undefined {
  const bytes = Buffer.from(text);
  const found: string[] = [];
  const cells = new Fields();
  const fail: Fail = (_, problem) => {
    throw new UserError(problem);
  };
  try {
    cells.open(bytes, 0, bytes.length, comma, fail);
    while (cells.next()) found.push(cells.text());
  } catch {
    return undefined;
  }
  return found.includes('') ? undefined : found;
}

/** Whether the settings name a column by its name, so that there must be a header. */
export function namesColumns(options: ColumnOptions): boolean {
  const { label = '', ignore = [], categorical = [], hashed = [], text = [] } = options;
  return [label, ...ignore, ...categorical, ...hashed, ...text].some(
    (column) => column !== '' && !isPlace(column),
  );
}

/** What the columns of a CSV file are for. */
export class Columns {
  readonly width: number;
  readonly names: Header | undefined;
  readonly #file: string;
  readonly #uses: Use[];
  readonly #categories = new Map<number, Categories>();
  readonly #vectorizers = new Map<number, TextVectorizer>();
  readonly #hasher: FeatureHasher;
  #isComplete = false;

  /** Chooses the columns of a file that has `width` of them. */
  constructor(file: string, width: number, names: Header | undefined, options: ColumnOptions) {
    this.#file = file;
    this.width = width;
    this.names = names;
    this.#uses = Array.from({ length: width }, () => 'number');
    this.#assign('label', 'label', options.label ?? '1');
    for (const column of options.ignore ?? []) this.#assign('ignored', 'ignore', column);
    for (const column of options.categorical ?? []) this.#assign('categorical', 'categorical', column);
    for (const column of options.hashed ?? []) this.#assign('hashed', 'hashed', column);
    for (const column of options.text ?? []) this.#assign('text', 'text', column);
    const hashing = { features: options.hashColumns ?? defaultHashColumns };
    this.#hasher = new FeatureHasher(hashing);
    this.#uses.forEach((use, column) => {
      if (use === 'categorical') this.#categories.set(column, new Categories());
      if (use === 'text') this.#vectorizers.set(column, new TextVectorizer(hashing));
    });
  }

  /** Those of categorical columns count once all categories are known. */
  get features(): number {
    return this.#uses.reduce((sum, _, column) => sum + this.featuresOf(column), 0);
  }

  /** How many features a column makes. */
  featuresOf(column: number): number {
    switch (this.#uses[column]) {
      case 'number':
        return 1;
      case 'categorical':
        return this.#categories.get(column)?.features ?? 0;
      case 'hashed':
      case 'text':
        return this.#hasher.options.features;
      default:
        return 0;
    }
  }

  /** How many columns make features of length 1 together: all that are not numbers. */
  get units(): number {
    const areUnits: ReadonlySet<Use> = new Set(['categorical', 'hashed', 'text']);
    return this.#uses.filter((use) => areUnits.has(use)).length;
  }

  /** Whether the whole file must be read before rows can be made. */
  get needSurvey(): boolean {
    return this.#categories.size + this.#vectorizers.size > 0;
  }

  /** How many columns have text. */
  get texts(): number {
    return this.#vectorizers.size;
  }

  /** Accepts no more categories, and counts no more words. */
  complete(): void {
    for (const categories of this.#categories.values()) categories.complete();
    this.#isComplete = true;
  }

  /** The features of a cell of text, or of a hashed one. Before the columns are complete, its words are counted. */
  hash(column: number, cell: string): SparseMatrix {
    const vectorizer = this.#vectorizers.get(column);
    if (vectorizer === undefined) return this.#hasher.transform([[[cell, 1]]]);
    if (!this.#isComplete) vectorizer.partialFit([cell]);
    return vectorizer.transform([cell]);
  }

  /** Whether every column but the label is ignored. */
  get areIgnored(): boolean {
    return this.#uses.every((use) => use === 'label' || use === 'ignored');
  }

  /** Of each categorical column. */
  get categories(): ReadonlyMap<number, Categories> {
    return this.#categories;
  }

  use(column: number): Use {
    return this.#uses[column] ?? 'ignored';
  }

  /** The features, in order: each by its column or, for a category, by that and the category. */
  *describeFeatures(): Generator<{ readonly name: string; readonly isNumber: boolean }> {
    const names = this.names?.[Symbol.iterator]();
    for (let column = 0; column < this.width; column += 1) {
      const next = names?.next();
      const name = next === undefined || next.done === true ? `column ${column + 1}` : next.value;
      const use = this.#uses[column];
      if (use === 'number') yield { name, isNumber: true };
      if (use === 'hashed' || use === 'text') {
        for (let f = 0; f < this.featuresOf(column); f += 1) yield { name: `${name}#${f}`, isNumber: false };
      }
      for (const category of this.#categories.get(column)?.names() ?? []) {
        yield { name: `${name}=${category}`, isNumber: false };
      }
    }
  }

  /** A column for a message: `cell 2 (width)`. */
  describe(column: number): string {
    const name = this.names?.name(column);
    return name === undefined ? `cell ${column + 1}` : `cell ${column + 1} (${name})`;
  }

  #assign(use: Use, option: string, wanted: string): void {
    const column = this.#find(option, wanted);
    const before = this.#uses[column];
    if (use !== 'label' && before === 'label') {
      throw new UserError(
        `${this.#file}: found column ${wanted} in --${option}, but it has the label: leave it out there, or name ` +
          'another column for the label (--label)',
      );
    }
    if (before !== undefined && before !== 'number' && before !== 'label' && before !== use) {
      const other = before === 'ignored' ? 'ignore' : before;
      throw new UserError(
        `${this.#file}: found column ${wanted} in --${option} and in --${other}: leave it out of one`,
      );
    }
    this.#uses[column] = use;
  }

  #find(option: string, wanted: string): number {
    if (!isPlace(wanted)) return this.#named(option, wanted);
    const place = Number(wanted);
    const column = place < 0 ? this.width + place : place - 1;
    if (column >= 0 && column < this.width) return column;
    return this.#absent(option, wanted, `${this.width} of them`);
  }

  #named(option: string, name: string): number {
    const columns = this.names?.columns(name) ?? [];
    const [column, second] = columns;
    if (column === undefined) return this.#absent(option, name, this.names?.list() ?? 'no names');
    if (second === undefined) return column;
    const places = columns.slice(0, 3).map((place) => place + 1);
    throw new UserError(
      `${this.#file}: found ${columns.length} columns named ${JSON.stringify(name)}, expected one: ` +
        `give its place (--${option} ${places.join(` or --${option} `)})`,
    );
  }

  #absent(option: string, wanted: string, found: string): never {
    const purpose = option === 'label' ? ' for the label' : '';
    throw new UserError(`${this.#file}: no column ${wanted}${purpose} (--${option}): found ${found}`);
  }
}

function isPlace(column: string): boolean {
  return /^-?\d+$/.test(column);
}

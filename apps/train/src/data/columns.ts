import { UserError } from '../errors.ts';
import { comma, type Fail, Fields } from './fields.ts';
import type { Header } from './header.ts';

/** What a column of CSV is for. */
export type Use = 'label' | 'number' | 'ignored';

/** Which columns the settings name, by name or by place: `1` is the first, `-1` the last. */
export interface ColumnOptions {
  /** Default: the first. */
  readonly label?: string | undefined;
  readonly ignore?: readonly string[] | undefined;
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
export function namesColumns({ label = '', ignore = [] }: ColumnOptions): boolean {
  return [label, ...ignore].some((column) => column !== '' && !isPlace(column));
}

/** What the columns of a CSV file are for. */
export class Columns {
  readonly width: number;
  readonly names: Header | undefined;
  readonly #file: string;
  readonly #uses: Use[];

  /** Chooses the columns of a file that has `width` of them. */
  constructor(file: string, width: number, names: Header | undefined, options: ColumnOptions) {
    this.#file = file;
    this.width = width;
    this.names = names;
    this.#uses = Array.from({ length: width }, () => 'number');
    this.#assign('label', 'label', options.label ?? '1');
    for (const column of options.ignore ?? []) this.#assign('ignored', 'ignore', column);
  }

  get features(): number {
    return this.#uses.reduce((sum, use) => sum + (use === 'number' ? 1 : 0), 0);
  }

  use(column: number): Use {
    return this.#uses[column] ?? 'ignored';
  }

  /** The features, in order, by the names of their columns. */
  *featureNames(): Generator<string> {
    const names = this.names?.[Symbol.iterator]();
    for (let column = 0; column < this.width; column += 1) {
      const next = names?.next();
      const name = next === undefined || next.done === true ? `column ${column + 1}` : next.value;
      if (this.#uses[column] === 'number') yield name;
    }
  }

  /** A column for a message: `cell 2 (width)`. */
  describe(column: number): string {
    const name = this.names?.name(column);
    return name === undefined ? `cell ${column + 1}` : `cell ${column + 1} (${name})`;
  }

  #assign(use: Use, option: string, wanted: string): void {
    const column = this.#find(option, wanted);
    if (use !== 'label' && this.#uses[column] === 'label') {
      throw new UserError(
        `${this.#file}: found column ${wanted} in --${option}, but it has the label: leave it out there, or name ` +
          'another column for the label (--label)',
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

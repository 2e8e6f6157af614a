import { Fields } from './fields.ts';

/** The names of a CSV file's columns, kept as the line that has them, so that a column takes only its bytes. */
export class Header implements Iterable<string> {
  readonly #line: Uint8Array;
  readonly #delimiter: number;

  constructor(line: Uint8Array, delimiter: number) {
    this.#line = line;
    this.#delimiter = delimiter;
  }

  /** The names, in order. */
  *[Symbol.iterator](): Generator<string> {
    const cells = new Fields();
    // The quotes were checked when the line was read.
    const fail = (_: number, problem: string): never => {
      throw new Error(problem);
    };
    cells.open(this.#line, 0, this.#line.length, this.#delimiter, fail);
    while (cells.next()) yield cells.text();
  }

  /** The name of a column, counted from 0. */
  name(column: number): string | undefined {
    let at = 0;
    for (const name of this) {
      if (at === column) return name;
      at += 1;
    }
    return undefined;
  }

  /** The columns with a name, counted from 0. */
  columns(wanted: string): readonly number[] {
    const found: number[] = [];
    let at = 0;
    for (const name of this) {
      if (name === wanted) found.push(at);
      at += 1;
    }
    return found;
  }

  /** The first names, for a message. */
  list(most = 12): string {
    const shown: string[] = [];
    for (const name of this) {
      if (shown.length === most) return `${shown.join(', ')}, …`;
      shown.push(JSON.stringify(name));
    }
    return shown.join(', ');
  }
}

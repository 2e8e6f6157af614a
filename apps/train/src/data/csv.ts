import { DataError, UserError } from '../errors.ts';
import { cutCells, sniffDelimiter, type Cell } from './cells.ts';
import { parseNumber } from './number.ts';
import { isFloat32, type Parsing, type RowParser } from './parser.ts';
import { carriageReturn, columnAt, isBlank, shown } from './text.ts';

/**
 * CSV of numbers: one row a line, separated by commas, semicolons or tabs, with or without a header, cells in quotes
 * or not. One column holds the label; the others, in order, are the features.
 */
export class CsvParser implements RowParser {
  readonly layout = 'dense';
  readonly ignored = 0;
  readonly #parsing: Parsing;
  #delimiter = 0;
  /** Cells in a row; 0 until the first line has been read. */
  #width = 0;
  #widthLine = 0;
  #labelColumn = 0;
  #names: readonly string[] | undefined;
  readonly #cells: Cell[] = [];

  constructor(parsing: Parsing) {
    this.#parsing = parsing;
  }

  get features(): number {
    return Math.max(0, this.#width - 1);
  }

  get names(): readonly string[] | undefined {
    return this.#names;
  }

  readonly line = (bytes: Uint8Array, start: number, lineEnd: number, number: number): void => {
    const end = lineEnd > start && bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    if (isEmpty(bytes, start, end)) return;
    const fail = (position: number, problem: string): never => {
      throw new DataError(this.#parsing.file, number, columnAt(bytes, start, position), problem);
    };
    const first = this.#width === 0;
    if (first) this.#delimiter = sniffDelimiter(bytes, start, end);
    const count = cutCells(bytes, start, end, this.#delimiter, this.#cells, fail);
    if (first) {
      this.#begin(count, number, bytes, fail);
      if (this.#names !== undefined) return;
    }
    if (count !== this.#width) {
      const cells = count === 1 ? 'cell' : 'cells';
      fail(start, `found ${count} ${cells}, expected ${this.#width} as in line ${this.#widthLine}`);
    }
    this.#row(bytes, number, fail);
  };

  #row(bytes: Uint8Array, number: number, fail: Fail): void {
    const { sink, acceptLabel } = this.#parsing;
    let label = 0;
    for (let column = 0, feature = 0; column < this.#width; column += 1) {
      const cell = this.#cells[column];
      if (cell === undefined) break;
      const value = parseNumber(bytes, cell.start, cell.end);
      if (column === this.#labelColumn) {
        if (!Number.isFinite(value)) this.#badCell(bytes, cell, column, number, 'the label, a number', fail);
        const complaint = acceptLabel(value);
        if (complaint !== undefined) {
          const hint = this.#parsing.label === undefined ? '; --label names another column' : '';
          fail(cell.start, `found label ${value}, expected ${complaint}${hint}`);
        }
        label = value;
      } else {
        if (!isFloat32(value)) this.#badCell(bytes, cell, column, number, 'a finite number', fail);
        sink.value(feature, value);
        feature += 1;
      }
    }
    sink.endRow(label);
  }

  #badCell(
    bytes: Uint8Array,
    cell: Cell,
    column: number,
    number: number,
    expected: string,
    fail: Fail,
  ): never {
    const name = this.#names?.[column];
    const found = cell.start === cell.end ? 'nothing' : shown(bytes, cell.start, cell.end);
    const where = name === undefined ? `cell ${column + 1}` : `cell ${column + 1} (${name})`;
    const hint = number === this.#widthLine ? ' (a header has no numbers in it)' : '';
    return fail(cell.start, `${where}: found ${found}, expected ${expected}${hint}`);
  }

  /** Learns from the first line how many cells a row has, which of them is the label, and their names. */
  #begin(count: number, number: number, bytes: Uint8Array, fail: Fail): void {
    const { features, file, label, names: expected } = this.#parsing;
    this.#width = count;
    this.#widthLine = number;
    const cells = this.#cells.slice(0, count);
    const start = cells[0]?.start ?? 0;
    const texts = cells.map((cell) => cell.text(bytes));
    const named = label !== undefined && !/^-?\d+$/.test(label);
    // A header has no numbers in it; where the label is named, the first line must be a header.
    const isHeader = named || cells.every((cell) => Number.isNaN(parseNumber(bytes, cell.start, cell.end)));
    if (isHeader && texts.some((text) => text !== '')) this.#names = texts;
    this.#labelColumn = named ? texts.indexOf(label) : columnOf(label ?? '1', count);
    if (this.#labelColumn < 0 || this.#labelColumn >= count) {
      const found = named ? texts.map((text) => JSON.stringify(text)).join(', ') : `${count} of them`;
      throw new UserError(`${file}: no column ${label ?? ''} for the label (--label): found ${found}`);
    }
    if (count === 1) fail(start, 'found 1 cell, expected a label and at least one feature');
    if (features !== undefined && count - 1 !== features) {
      fail(start, `found ${count} cells, expected ${features + 1}: a label and ${features} features`);
    }
    if (this.#names === undefined || expected === undefined) return;
    const other = texts.findIndex((text, column) => text !== expected[column]);
    const cell = this.#cells[other];
    if (cell === undefined) return;
    const names = `found column ${JSON.stringify(texts[other])}, expected ${JSON.stringify(expected[other])}`;
    fail(cell.start, `${names} as in the training data`);
  }
}

type Fail = (position: number, problem: string) => never;

/** `1` is the first column, `-1` the last. */
function columnOf(label: string, count: number): number {
  const position = Number(label);
  return position < 0 ? count + position : position - 1;
}

function isEmpty(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (!isBlank(bytes[at])) return false;
  return true;
}

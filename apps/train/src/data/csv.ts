import { DataError, UserError } from '../errors.ts';
import { Fields, type Fail, sniffDelimiter } from './fields.ts';
import { Header } from './header.ts';
import { shownLabel } from './labels.ts';
import type { EndFinder } from './lines.ts';
import { isMissing } from './missing.ts';
import { parseNumber } from './number.ts';
import { isFloat32, type Parsing, type RowParser } from './parser.ts';
import { Records } from './records.ts';
import { carriageReturn, placeIn, shown } from './text.ts';

/**
 * CSV of numbers (RFC 4180): one row per line, separated by commas, semicolons or tabs, with or without a header, cells
 * in quotes or not. One column has the label; the others, in order, are the features.
 */
export class CsvParser implements RowParser {
  readonly layout = 'dense';
  readonly ignored = 0;
  readonly #parsing: Parsing;
  #delimiter = 0;
  /** Fields in a row; 0 until the first line has been read. */
  #width = 0;
  #widthLine = 0;
  #labelColumn = 0;
  #names: Header | undefined;
  readonly #cells = new Fields();
  /** The label in the first line, if it is text and there is no header, until another row has it too. */
  #first: FirstLabel | undefined;
  readonly #records = new Records();

  constructor(parsing: Parsing) {
    this.#parsing = parsing;
  }

  get features(): number {
    return Math.max(0, this.#width - 1);
  }

  get names(): Header | undefined {
    return this.#names;
  }

  readonly lineEnd: EndFinder = (bytes, from) => this.#records.end(bytes, from);

  readonly line = (bytes: Uint8Array, start: number, lineEnd: number, number: number): void => {
    const line: Line = {
      bytes,
      start,
      end: lineEnd > start && bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd,
      number,
      fail: (position, problem) => {
        const place = placeIn(bytes, start, position);
        throw new DataError(this.#parsing.file, number + place.line, place.column, problem);
      },
    };
    if (this.#width === 0) {
      this.#begin(line);
      if (this.#names !== undefined) return;
    }
    this.#row(line);
  };

  /** A header with numbers in it looks like a row, but no other row has its label. */
  complete(): void {
    if (this.#first === undefined || this.#parsing.beyond === 'ignore') return;
    const { label, place } = this.#first;
    throw new DataError(
      this.#parsing.file,
      this.#widthLine + place.line,
      place.column,
      `found label ${shownLabel(label)} in no row but the first, which looks like a header: name the label's column ` +
        `(--label NAME) if it is one, write a header above it if it is not`,
    );
  }

  #row(line: Line): void {
    const { bytes } = line;
    const { sink } = this.#parsing;
    const cells = this.#cells;
    const width = this.#width;
    let label = 0;
    let column = 0;
    let feature = 0;
    this.#open(line);
    for (; column < width && cells.next(); column += 1) {
      const value = parseNumber(bytes, cells.start, cells.end);
      if (column === this.#labelColumn) {
        label = this.#label(line, column, value);
      } else {
        if (!isFloat32(value)) this.#badCell(line, column, 'a finite number');
        sink.value(feature, value);
        feature += 1;
      }
    }
    if (column < width || cells.next()) this.#ragged(line, this.#count(line));
    sink.endRow(label);
  }

  /** The number that stands for the label in the current cell, which is `value` if it is a number. */
  #label(line: Line, column: number, value: number): number {
    const cells = this.#cells;
    const { start } = cells;
    const isNumber = Number.isFinite(value);
    if (!isNumber && isMissing(line.bytes, start, cells.end)) this.#badCell(line, column, 'the label');
    const label = isNumber ? value : cells.text();
    const accepted = this.#parsing.acceptLabel(label);
    if (typeof accepted === 'number') {
      if (line.number !== this.#widthLine) {
        if (accepted === this.#first?.standsFor) this.#first = undefined;
      } else if (typeof label === 'string') {
        this.#first = { label, standsFor: accepted, place: placeIn(line.bytes, line.start, start) };
      }
      return accepted;
    }
    this.#requireWidth(line);
    const hint = this.#parsing.label === undefined ? '; --label names another column' : '';
    return line.fail(start, `found label ${shownLabel(label)}, expected ${accepted}${hint}`);
  }

  #open({ bytes, start, end, fail }: Line): void {
    this.#cells.open(bytes, start, end, this.#delimiter, fail);
  }

  #count(line: Line): number {
    let count = 0;
    this.#open(line);
    while (this.#cells.next()) count += 1;
    return count;
  }

  /** A wrong number of cells explains more than the contents of one of them. */
  #requireWidth(line: Line): void {
    const count = this.#count(line);
    if (count !== this.#width) this.#ragged(line, count);
  }

  #ragged({ start, fail }: Line, count: number): never {
    const cells = count === 1 ? 'cell' : 'cells';
    return fail(start, `found ${count} ${cells}, expected ${this.#width} as in line ${this.#widthLine}`);
  }

  #badCell(line: Line, column: number, expected: string): never {
    const { bytes, number, fail } = line;
    const { start, end } = this.#cells;
    this.#requireWidth(line);
    const name = this.#names?.name(column);
    const found = start === end ? 'nothing' : shown(bytes, start, end);
    const where = name === undefined ? `cell ${column + 1}` : `cell ${column + 1} (${name})`;
    const hint = number === this.#widthLine ? ' (a header has no numbers in it)' : '';
    return fail(start, `${where}: found ${found}, expected ${expected}${hint}`);
  }

  /** Learns from the first line how many cells a row has, which of them is the label, and their names. */
  #begin(line: Line): void {
    const { bytes, start, end, number, fail } = line;
    const { features, file, label, memory } = this.#parsing;
    this.#delimiter = sniffDelimiter(bytes, start, end);
    this.#records.delimiter = this.#delimiter;
    let count = 0;
    let numbers = 0;
    let firstStart = start;
    let isNamed = false;
    this.#open(line);
    while (this.#cells.next()) {
      if (count === 0) firstStart = this.#cells.start;
      count += 1;
      if (!Number.isNaN(parseNumber(bytes, this.#cells.start, this.#cells.end))) numbers += 1;
      if (this.#cells.start !== this.#cells.end) isNamed = true;
    }
    this.#width = count;
    this.#widthLine = number;
    const byName = label !== undefined && !/^-?\d+$/.test(label);
    // A header has no numbers in it; where the label is named, the first line must be a header.
    const isHeader = (byName || numbers === 0) && isNamed;
    this.#names = isHeader ? new Header(bytes.slice(start, end), this.#delimiter) : undefined;
    this.#labelColumn = byName ? this.#columnNamed(label) : columnOf(label ?? '1', count);
    if (this.#labelColumn < 0 || this.#labelColumn >= count) {
      const found = byName ? (this.#names?.list() ?? 'no names') : `${count} of them`;
      throw new UserError(`${file}: no column ${label ?? ''} for the label (--label): found ${found}`);
    }
    if (count === 1) fail(firstStart, 'found 1 cell, expected a label and at least one feature');
    if (features !== undefined && count - 1 !== features) {
      fail(firstStart, `found ${count} cells, expected ${features + 1}: a label and ${features} features`);
    }
    if (count * Float32Array.BYTES_PER_ELEMENT > memory) {
      fail(firstStart, `found ${count} cells: a row of them does not fit in --memory; give more memory`);
    }
    this.#requireTrainingNames(line);
  }

  #columnNamed(label: string): number {
    const columns = this.#names?.columns(label) ?? [];
    const [column = -1, second] = columns;
    if (second === undefined) return column;
    const places = columns.slice(0, 3).map((place) => place + 1);
    throw new UserError(
      `${this.#parsing.file}: found ${columns.length} columns named ${JSON.stringify(label)}, expected one: ` +
        `name the label by its place (--label ${places.join(' or --label ')})`,
    );
  }

  #requireTrainingNames(line: Line): void {
    const { names: expected } = this.#parsing;
    if (this.#names === undefined || expected === undefined) return;
    this.#open(line);
    for (const name of expected) {
      if (!this.#cells.next()) return;
      const found = this.#cells.text();
      if (found === name) continue;
      const names = `found column ${JSON.stringify(found)}, expected ${JSON.stringify(name)}`;
      line.fail(this.#cells.start, `${names} as in the training data`);
    }
  }
}

interface FirstLabel {
  readonly label: string;
  readonly standsFor: number;
  readonly place: { readonly line: number; readonly column: number };
}

/** The line that is being read. */
interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Without a carriage return. */
  readonly end: number;
  readonly number: number;
  readonly fail: Fail;
}

/** `1` is the first column, `-1` the last. */
function columnOf(label: string, count: number): number {
  const position = Number(label);
  return position < 0 ? count + position : position - 1;
}

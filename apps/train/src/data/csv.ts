import { DataError } from '../errors.ts';
import { mostCategories } from './categories.ts';
import { Columns, makesSparse, namesColumns } from './columns.ts';
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
  readonly layout: 'dense' | 'sparse';
  readonly #parsing: Parsing;
  #delimiter = 0;
  /** Known once the first line has been read. */
  #columns: Columns | undefined;
  #firstLine = 0;
  #ignored = 0;
  readonly #cells = new Fields();
  /** The label in the first line, if it is text and there is no header, until another row has it too. */
  #first: FirstLabel | undefined;
  readonly #records = new Records();

  constructor(parsing: Parsing) {
    this.layout = makesSparse(parsing) ? 'sparse' : 'dense';
    this.#parsing = parsing;
  }

  get features(): number {
    return this.#columns?.features ?? 0;
  }

  /** Cells with categories that the training data does not have. */
  get ignored(): number {
    return this.#ignored;
  }

  get columns(): Columns | undefined {
    return this.#columns;
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
    if (this.#columns !== undefined) return this.#row(line, this.#columns);
    const { columns, isHeader } = this.#begin(line);
    this.#columns = columns;
    if (!isHeader) this.#row(line, columns);
  };

  /** Now all categories are known. A header with numbers in it looks like a row, but no other row has its label. */
  complete(): void {
    if (this.#parsing.columns === undefined) {
      this.#columns?.complete();
    }
    if (this.#first === undefined || this.#parsing.beyond === 'ignore') return;
    const { label, place } = this.#first;
    throw new DataError(
      this.#parsing.file,
      this.#firstLine + place.line,
      place.column,
      `found label ${shownLabel(label)} in no row but the first, which looks like a header: name the label's column ` +
        `(--label NAME) if it is one, write a header above it if it is not`,
    );
  }

  #row(line: Line, columns: Columns): void {
    const { bytes } = line;
    const { sink } = this.#parsing;
    const cells = this.#cells;
    const { width } = columns;
    let label = 0;
    let column = 0;
    let feature = 0;
    this.#open(line);
    for (; column < width && cells.next(); column += 1) {
      const use = columns.use(column);
      if (use === 'ignored') continue;
      if (use === 'categorical') {
        feature += this.#category(line, columns, column, feature);
        continue;
      }
      if (use === 'hashed' || use === 'text') {
        this.#hash(line, columns, column, feature);
        feature += columns.featuresOf(column);
        continue;
      }
      const value = parseNumber(bytes, cells.start, cells.end);
      if (use === 'label') {
        label = this.#label(line, columns, column, value);
      } else {
        sink.value(feature, isFloat32(value) ? value : this.#missing(line, columns, column));
        feature += 1;
      }
    }
    if (column < width || cells.next()) this.#requireWidth(line, width);
    sink.endRow(label);
  }

  /** The number that stands for the label in the current cell, which is `value` if it is a number. */
  #label(line: Line, columns: Columns, column: number, value: number): number {
    const cells = this.#cells;
    const { start } = cells;
    const isNumber = Number.isFinite(value);
    if (!isNumber && isMissing(line.bytes, start, cells.end)) {
      this.#badCell(line, columns, column, 'the label');
    }
    const label = isNumber ? value : cells.text();
    const accepted = this.#parsing.acceptLabel(label);
    if (typeof accepted === 'number') {
      if (line.number !== this.#firstLine) {
        if (accepted === this.#first?.standsFor) this.#first = undefined;
      } else if (typeof label === 'string') {
        this.#first = { label, standsFor: accepted, place: placeIn(line.bytes, line.start, start) };
      }
      return accepted;
    }
    this.#requireWidth(line, columns.width);
    const hint = this.#parsing.label === undefined ? '; --label names another column' : '';
    return line.fail(start, `found label ${shownLabel(label)}, expected ${accepted}${hint}`);
  }

  /** Stores the features of a column of text or of a hashed one, of which few are not 0. Text without words is no error. */
  #hash(line: Line, columns: Columns, column: number, feature: number): void {
    const cells = this.#cells;
    if (columns.use(column) === 'hashed' && isMissing(line.bytes, cells.start, cells.end)) {
      this.#requireCategory(line, columns, column);
      return;
    }
    const { indices, data } = columns.hash(column, cells.text());
    for (let i = 0; i < data.length; i += 1) {
      this.#parsing.sink.value(feature + (indices[i] ?? 0), data[i] ?? 0);
    }
  }

  /** Refuses a missing category, unless the settings say otherwise. */
  #requireCategory(line: Line, columns: Columns, column: number): void {
    if ((this.#parsing.missing ?? 'error') !== 'error') return;
    this.#badCell(line, columns, column, 'a category; with --missing zero or --missing mean it has none');
  }

  /** Stores the features of a categorical column. Returns how many there are. */
  #category(line: Line, columns: Columns, column: number, feature: number): number {
    const cells = this.#cells;
    const categories = columns.categories.get(column);
    if (categories === undefined) return 0;
    const isAbsent = isMissing(line.bytes, cells.start, cells.end);
    if (isAbsent) this.#requireCategory(line, columns, column);
    const place = isAbsent ? -1 : categories.place(cells.text());
    if (place < 0 && !isAbsent) {
      if (this.#parsing.columns === undefined) {
        const problem = `at most ${mostCategories} different values in the column; --hashed takes more, --text takes words`;
        this.#badCell(line, columns, column, problem);
      }
      this.#ignored += 1;
    }
    if (this.layout === 'sparse') {
      if (place >= 0 && place < categories.features) this.#parsing.sink.value(feature + place, 1);
      return categories.features;
    }
    for (let i = 0; i < categories.features; i += 1) {
      this.#parsing.sink.value(feature + i, i === place ? 1 : 0);
    }
    return categories.features;
  }

  /** What stands for the current cell, which is no number. */
  #missing(line: Line, columns: Columns, column: number): number {
    const { missing = 'error' } = this.#parsing;
    if (!isMissing(line.bytes, this.#cells.start, this.#cells.end)) {
      const remedy = line.number === this.#firstLine ? '' : '; --categorical takes columns of text';
      return this.#badCell(line, columns, column, `a finite number${remedy}`);
    }
    if (missing === 'error') {
      return this.#badCell(
        line,
        columns,
        column,
        'a finite number; --missing mean or --missing zero puts one in',
      );
    }
    return missing === 'mean' ? NaN : 0;
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
  #requireWidth(line: Line, width: number): void {
    const count = this.#count(line);
    if (count === width) return;
    const cells = count === 1 ? 'cell' : 'cells';
    line.fail(line.start, `found ${count} ${cells}, expected ${width} as in line ${this.#firstLine}`);
  }

  #badCell(line: Line, columns: Columns, column: number, expected: string): never {
    const { bytes, number, fail } = line;
    const { start, end } = this.#cells;
    this.#requireWidth(line, columns.width);
    const found = start === end ? 'nothing' : shown(bytes, start, end);
    const hint = number === this.#firstLine ? ' (a header has no numbers in it)' : '';
    return fail(start, `${columns.describe(column)}: found ${found}, expected ${expected}${hint}`);
  }

  /** Learns from the first line how many cells a row has, and what the columns are for. */
  #begin(line: Line): { columns: Columns; isHeader: boolean } {
    const { bytes, start, end, number, fail } = line;
    const { features, file, memory, columns: expected } = this.#parsing;
    this.#delimiter = sniffDelimiter(bytes, start, end);
    this.#records.delimiter = this.#delimiter;
    this.#firstLine = number;
    let width = 0;
    let numbers = 0;
    let firstStart = start;
    let isNamed = false;
    this.#open(line);
    while (this.#cells.next()) {
      if (width === 0) firstStart = this.#cells.start;
      width += 1;
      if (!Number.isNaN(parseNumber(bytes, this.#cells.start, this.#cells.end))) numbers += 1;
      if (this.#cells.start !== this.#cells.end) isNamed = true;
    }
    // A header has no numbers in it; where columns are named, the first line must be a header.
    const isHeader = (namesColumns(this.#parsing) || numbers === 0) && isNamed;
    const names = isHeader ? new Header(bytes.slice(start, end), this.#delimiter) : undefined;
    if (expected !== undefined) {
      this.#requireTraining(line, firstStart, width, expected, names);
      return { columns: expected, isHeader };
    }
    if (width * Float32Array.BYTES_PER_ELEMENT > memory) {
      fail(firstStart, `found ${width} cells: a row of them does not fit in --memory; give more memory`);
    }
    const columns = new Columns(file, width, names, this.#parsing);
    if (width === 1) fail(firstStart, 'found 1 cell, expected a label and at least one feature');
    if (features !== undefined && columns.units === 0 && columns.features !== features) {
      fail(
        firstStart,
        `found ${columns.features} features in ${width} cells, expected ${features} (--features)`,
      );
    }
    if (columns.areIgnored) {
      fail(firstStart, `found ${width} cells, none of them a feature: --ignore leaves out all but the label`);
    }
    return { columns, isHeader };
  }

  /** Refuses columns that are not those of the training data. */
  #requireTraining(line: Line, firstStart: number, width: number, expected: Columns, names?: Header): void {
    if (width !== expected.width) {
      line.fail(firstStart, `found ${width} cells, expected ${expected.width} as in the training data`);
    }
    if (names === undefined || expected.names === undefined) return;
    this.#open(line);
    for (const name of expected.names) {
      if (!this.#cells.next()) return;
      const found = this.#cells.text();
      if (found === name) continue;
      const difference = `found column ${JSON.stringify(found)}, expected ${JSON.stringify(name)}`;
      line.fail(this.#cells.start, `${difference} as in the training data`);
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

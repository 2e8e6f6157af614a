import { DataError } from '../errors.ts';
import { type EndFinder, nextLineFeed } from './lines.ts';
import { parseNumber } from './number.ts';
import { isFloat32, type Parsing, type RowParser } from './parser.ts';
import { colon, hash, isBlank, isDigit, placeIn, shown, zero } from './text.ts';

/** The largest feature index: a weight is addressed by 32 bits. */
const largestIndex = 2 ** 31 - 1;

/**
 * LIBSVM/SVMlight: a label, then `index:value` pairs with indices from 1, increasing; `#` begins a comment.
 * Features that a line does not name are 0.
 */
export class LibsvmParser implements RowParser {
  readonly layout = 'sparse';
  readonly columns: undefined;
  readonly #parsing: Parsing;
  readonly #limit: number;
  #features: number;
  #ignored = 0;

  constructor(parsing: Parsing) {
    this.#parsing = parsing;
    this.#limit = parsing.features ?? largestIndex;
    this.#features = parsing.features ?? 0;
  }

  get features(): number {
    return this.#features;
  }

  get ignored(): number {
    return this.#ignored;
  }

  readonly lineEnd: EndFinder = nextLineFeed;

  readonly line = (bytes: Uint8Array, start: number, lineEnd: number, number: number): void => {
    const fail = (position: number, problem: string): never => {
      throw new DataError(this.#parsing.file, number, placeIn(bytes, start, position).column, problem);
    };
    let end = start;
    while (end < lineEnd && bytes[end] !== hash) end += 1;
    let at = skipBlanks(bytes, start, end);
    if (at === end) return;

    const label = this.#label(bytes, at, tokenEnd(bytes, at, end), fail);
    at = skipBlanks(bytes, tokenEnd(bytes, at, end), end);
    let previous = 0;
    let pairs = 0;
    while (at < end) {
      pairs += 1;
      if (pairs * 8 > this.#parsing.memory) {
        fail(
          at,
          `found more than ${pairs - 1} values in a row, which do not fit in --memory; give more memory`,
        );
      }
      const next = tokenEnd(bytes, at, end);
      previous = this.#pair(bytes, at, next, previous, fail);
      at = skipBlanks(bytes, next, end);
    }
    this.#parsing.sink.endRow(label);
  };

  #label(bytes: Uint8Array, start: number, end: number, fail: Fail): number {
    const found = shown(bytes, start, end);
    if (bytes.subarray(start, end).includes(colon)) {
      return fail(
        start,
        `the label is missing: found ${found}, expected a number before the first index:value`,
      );
    }
    const label = parseNumber(bytes, start, end);
    if (!Number.isFinite(label)) return fail(start, `found ${found}, expected the label, a number`);
    const accepted = this.#parsing.acceptLabel(label);
    return typeof accepted === 'number'
      ? accepted
      : fail(start, `found label ${label}, expected ${accepted}`);
  }

  /** Reads one `index:value`. Returns the index. */
  #pair(bytes: Uint8Array, start: number, end: number, previous: number, fail: Fail): number {
    let at = start;
    let index = 0;
    for (; at < end && isDigit(bytes[at]); at += 1) index = index * 10 + ((bytes[at] ?? 0) - zero);
    if (at === start || bytes[at] !== colon || at === end) {
      return fail(
        start,
        `found ${shown(bytes, start, end)}, expected index:value with a whole number for the index`,
      );
    }
    if (index === 0) return fail(start, 'found index 0, expected 1 or more: indices count from 1');
    if (index <= previous) {
      return fail(start, `found index ${index} after index ${previous}, expected increasing indices`);
    }
    const value = parseNumber(bytes, at + 1, end);
    if (!isFloat32(value)) {
      const found = at + 1 === end ? 'nothing' : shown(bytes, at + 1, end);
      return fail(at + 1, `found ${found}, expected the value of feature ${index}, a finite number`);
    }
    if (index <= this.#limit) {
      if (index > this.#features) this.#features = index;
      this.#parsing.sink.value(index - 1, value);
    } else if (this.#parsing.beyond === 'ignore') this.#ignored += 1;
    else {
      const expected =
        this.#parsing.features === undefined
          ? `at most ${largestIndex}`
          : `at most ${this.#limit} (--features)`;
      fail(start, `found index ${index}, expected ${expected}`);
    }
    return index;
  }
}

type Fail = (position: number, problem: string) => never;

function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at])) at += 1;
  return at;
}

function tokenEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && !isBlank(bytes[at])) at += 1;
  return at;
}

import { DataError } from '../errors.ts';
import { type EndFinder, nextLineFeed } from './lines.ts';
import { exactPowers, parseNumber } from './number.ts';
import { isFloat32, type Parsing, type RowParser } from './parser.ts';
import { colon, hash, isBlank, isDigit, minus, placeIn, point, shown, zero } from './text.ts';

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
  readonly #decimal = new PlainDecimal();
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

  readonly line = (bytes: Uint8Array, start: number, end: number, number: number): void => {
    const fail = (position: number, problem: string): never => {
      throw new DataError(this.#parsing.file, number, placeIn(bytes, start, position).column, problem);
    };
    let at = skipBlanks(bytes, start, end);
    if (at === end || bytes[at] === hash) return;
    const label = this.#label(bytes, at, tokenEnd(bytes, at, end), fail);
    at = skipBlanks(bytes, tokenEnd(bytes, at, end), end);
    const { memory, sink } = this.#parsing;
    const mostPairs = Math.floor(memory / 8);
    let previous = 0;
    let pairs = 0;
    while (at < end && bytes[at] !== hash) {
      if (pairs === mostPairs) {
        fail(at, `found more than ${pairs} values in a row, which do not fit in --memory; give more memory`);
      }
      pairs += 1;
      let index = 0;
      let next = at;
      for (; next < end; next += 1) {
        const digit = (bytes[next] ?? 0) - zero;
        if (digit < 0 || digit > 9) break;
        index = index * 10 + digit;
      }
      if (bytes[next] === colon && index > previous && index <= this.#limit) {
        const value = this.#decimal.read(bytes, next + 1, end);
        if (!Number.isNaN(value)) {
          if (index > this.#features) this.#features = index;
          sink.value(index - 1, value);
          previous = index;
          at = skipBlanks(bytes, this.#decimal.end, end);
          continue;
        }
      }
      // Whatever is not plain, and most of it is wrong.
      next = tokenEnd(bytes, at, end);
      previous = this.#pair(bytes, at, next, previous, fail);
      at = skipBlanks(bytes, next, end);
    }
    sink.endRow(label);
  };

  #label(bytes: Uint8Array, start: number, end: number, fail: Fail): number {
    const label = parseNumber(bytes, start, end);
    if (!Number.isFinite(label)) {
      const found = shown(bytes, start, end);
      return bytes.subarray(start, end).includes(colon)
        ? fail(start, `the label is missing: found ${found}, expected a number before the first index:value`)
        : fail(start, `found ${found}, expected the label, a number`);
    }
    const accepted = this.#parsing.acceptLabel(label);
    return typeof accepted === 'number'
      ? accepted
      : fail(start, `found label ${label}, expected ${accepted}`);
  }

  /** Reads one `index:value`, with all that may be wrong with it. Returns the index. */
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
  while (at < end && !isBlank(bytes[at]) && bytes[at] !== hash) at += 1;
  return at;
}

/** Digits with a point and a sign or without, so few of them that one division rounds to the nearest float64. */
class PlainDecimal {
  /** Behind what was read. */
  end = 0;

  /** The number that begins at `from` and ends with a blank, a comment or the line; NaN if it is not so plain. */
  read(bytes: Uint8Array, from: number, lineEnd: number): number {
    let at = from;
    const isNegative = bytes[at] === minus;
    if (isNegative) at += 1;
    const first = at;
    let mantissa = 0;
    let pointAt = -1;
    for (; at < lineEnd; at += 1) {
      const byte = bytes[at] ?? 0;
      const digit = byte - zero;
      if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
      else if (byte === point && pointAt < 0) pointAt = at;
      else if (byte === hash || isBlank(byte)) break;
      else return NaN;
    }
    const digits = at - first - (pointAt < 0 ? 0 : 1);
    if (digits < 1 || digits > mostDigits) return NaN;
    this.end = at;
    const size = pointAt < 0 ? mantissa : mantissa / (exactPowers[at - pointAt - 1] ?? NaN);
    return isNegative ? -size : size;
  }
}

/** Any whole number of so many digits is a float64. */
const mostDigits = 15;

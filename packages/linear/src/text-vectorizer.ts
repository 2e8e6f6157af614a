import { ArgumentError, describe, OptionError } from '@asgd/core/errors';
import { fromBase64, toBase64 } from './base64.ts';
import { DataError, ModelError, NotFittedError } from './errors.ts';
import { checkColumns, columnOf, hashOf, listOf } from './feature-hasher.ts';
import { SparseBuilder, type SparseMatrix } from './sparse-builder.ts';

/** How a {@link TextVectorizer} makes rows of texts. */
export interface TextVectorizerOptions {
  /** Columns: a whole number from 1 to 2^31 - 1. Default 2^18. */
  readonly features: number;
  /** Whether texts are made lower case first. Default true. */
  readonly lowercase: boolean;
  /** The shortest and longest sequences of words that are features. Default [1, 1]: words. */
  readonly ngrams: readonly [shortest: number, longest: number];
  /** Whether a word that comes n times counts 1 + ln n instead of n. Default true. */
  readonly sublinear: boolean;
  /** Whether words count the more the fewer texts they are in: `fit` then counts texts, in one pass. Default true. */
  readonly idf: boolean;
}

/** A vectorizer as JSON. */
export interface TextVectorizerJson {
  /** What it is. */
  readonly format: 'asgd-text-vectorizer';
  /** Of this format. */
  readonly version: 1;
  /** Those of the vectorizer. */
  readonly options: TextVectorizerOptions;
  /** How many texts have been counted. */
  readonly texts: number;
  /** The base64 of float64s, little-endian: pairs of a column and the number of texts that have it. */
  readonly counts: string;
}

/** Letters, digits and underscores, two or more. */
const word = /[\p{L}\p{N}_]{2,}/gu;

/**
 * Makes sparse rows of texts: words hashed to columns, weighted by tf-idf, each row of length 1. The numbers are those of
 * scikit-learn's `HashingVectorizer(alternate_sign=False, norm=None)` followed by `TfidfTransformer`.
 */
export class TextVectorizer {
  /** As they were given, with the defaults for the others. */
  readonly options: TextVectorizerOptions;
  /** The number of texts that each column was in. */
  #counts = new Map<number, number>();
  #texts = 0;

  /** @throws OptionError */
  constructor(options: Partial<TextVectorizerOptions> = {}) {
    this.options = resolve(options);
  }

  /** Counts in how many texts each word is, from the start. @throws DataError naming the text; ArgumentError */
  fit(texts: Iterable<string>): this {
    return this.#become(new TextVectorizer(this.options).partialFit(texts));
  }

  /** Counts on. Texts before one that is wrong are kept. @throws DataError naming the text; ArgumentError */
  partialFit(texts: Iterable<string>): this {
    for (const [row, text] of numbered(texts)) this.#learn(this.#count(text, row));
    return this;
  }

  /** A row for each text. @throws DataError naming the text; NotFittedError; ArgumentError */
  transform(texts: Iterable<string>): SparseMatrix {
    const { features, idf } = this.options;
    if (idf && this.#texts === 0) {
      throw new NotFittedError(
        'This TextVectorizer has counted no texts: call fit() first, or set idf to false.',
      );
    }
    const builder = new SparseBuilder(features);
    for (const [row, text] of numbered(texts)) builder.add(this.#weigh(this.#count(text, row)));
    return builder.build();
  }

  /** `fit` and `transform` of the same texts, which are read once. */
  fitTransform(texts: Iterable<string>): SparseMatrix {
    const fresh = new TextVectorizer(this.options);
    const counts: Map<number, number>[] = [];
    for (const [row, text] of numbered(texts)) {
      const counted = this.#count(text, row);
      fresh.#learn(counted);
      counts.push(counted);
    }
    this.#become(fresh);
    const builder = new SparseBuilder(this.options.features);
    for (const counted of counts) builder.add(this.#weigh(counted));
    return builder.build();
  }

  #become(other: TextVectorizer): this {
    this.#counts = other.#counts;
    this.#texts = other.#texts;
    return this;
  }

  #learn(counted: ReadonlyMap<number, number>): void {
    for (const column of counted.keys()) this.#counts.set(column, (this.#counts.get(column) ?? 0) + 1);
    this.#texts++;
  }

  /** Makes counts a row of length 1, in place. */
  #weigh(cells: Map<number, number>): Map<number, number> {
    const { sublinear, idf } = this.options;
    let square = 0;
    for (const [column, count] of cells) {
      const value = (sublinear ? 1 + Math.log(count) : count) * (idf ? this.#idfOf(column) : 1);
      cells.set(column, value);
      square += value * value;
    }
    const length = Math.sqrt(square);
    for (const [column, value] of cells) cells.set(column, value / length);
    return cells;
  }

  /** The options and the counts, as plain data. */
  toJSON(): TextVectorizerJson {
    return {
      format: 'asgd-text-vectorizer',
      version: 1,
      options: this.options,
      texts: this.#texts,
      counts: toBase64(Float64Array.from([...this.#counts].flat())),
    };
  }

  /** A vectorizer that `toJSON` wrote, as an object or as text. @throws ModelError */
  static fromJSON(json: unknown): TextVectorizer {
    const { options, texts, counts } = readJson(json);
    const vectorizer = new TextVectorizer(options);
    vectorizer.#texts = texts;
    for (let at = 0; at < counts.length; at += 2) {
      vectorizer.#counts.set(counts[at] ?? 0, counts[at + 1] ?? 0);
    }
    return vectorizer;
  }

  /** ln((1 + texts) / (1 + texts with it)) + 1: as if one more text had every word. */
  #idfOf(column: number): number {
    return Math.log((1 + this.#texts) / (1 + (this.#counts.get(column) ?? 0))) + 1;
  }

  /** How often each column comes in a text. */
  #count(text: string, row: number): Map<number, number> {
    if (typeof text !== 'string') {
      throw new DataError(`Text ${row} is ${describe(text)}: expected a string.`, { row });
    }
    const { features, lowercase, ngrams } = this.options;
    const words = (lowercase ? text.toLowerCase() : text).match(word) ?? [];
    const counts = new Map<number, number>();
    const [shortest, longest] = ngrams;
    for (let length = shortest; length <= longest; length++) {
      for (let at = 0; at + length <= words.length; at++) {
        const name = length === 1 ? (words[at] ?? '') : words.slice(at, at + length).join(' ');
        const column = columnOf(hashOf(name), features);
        counts.set(column, (counts.get(column) ?? 0) + 1);
      }
    }
    return counts;
  }
}

function* numbered(texts: Iterable<string>): Iterable<[row: number, text: string]> {
  if (typeof texts === 'string') {
    throw new ArgumentError(`The texts are one string: expected a list of strings, [text].`);
  }
  let row = 0;
  for (const text of listOf(texts)) yield [row++, text];
}

function resolve(given: Partial<TextVectorizerOptions>): TextVectorizerOptions {
  const {
    features = 2 ** 18,
    lowercase = true,
    ngrams = [1, 1],
    sublinear = true,
    idf = true,
    ...others
  } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new OptionError(
      `Unknown option '${unknown}' of TextVectorizer: it has features, lowercase, ngrams, sublinear, idf.`,
    );
  }
  checkColumns(features, 'TextVectorizer');
  const isRange =
    Array.isArray(ngrams) && ngrams.length === 2 && ngrams.every(Number.isSafeInteger) && ngrams[0] >= 1;
  if (!isRange || ngrams[1] < ngrams[0]) {
    throw new OptionError(
      `Invalid ngrams of TextVectorizer: ${describe(ngrams)}; expected [shortest, longest], two whole numbers from 1.`,
    );
  }
  for (const [name, value] of Object.entries({ lowercase, sublinear, idf })) {
    if (typeof value === 'boolean') continue;
    throw new OptionError(`Invalid ${name} of TextVectorizer: ${describe(value)}; expected true or false.`);
  }
  return Object.freeze({ features, lowercase, ngrams, sublinear, idf });
}

function readJson(json: unknown): { options: TextVectorizerOptions; texts: number; counts: Float64Array } {
  const damaged = (cause?: unknown): ModelError =>
    new ModelError('This is not what toJSON() of a TextVectorizer makes, or it is damaged.', { cause });
  try {
    const saved = (typeof json === 'string' ? JSON.parse(json) : json) as TextVectorizerJson;
    const counts = saved.format === 'asgd-text-vectorizer' ? fromBase64(saved.counts) : undefined;
    const isWhole = (number: unknown): boolean => Number.isSafeInteger(number) && (number as number) >= 0;
    if (counts === undefined || counts.length % 2 !== 0 || !isWhole(saved.texts) || !counts.every(isWhole)) {
      throw damaged();
    }
    return { options: resolve(saved.options), texts: saved.texts, counts };
  } catch (cause) {
    throw cause instanceof ModelError ? cause : damaged(cause);
  }
}

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { describe, expect, test } from 'vitest';
import { FeatureHasher, type NamedFeatures, type SparseMatrix, TextVectorizer } from '../src/index.ts';
import vectors from './fixtures/scikit-learn.json' with { type: 'json' };

interface Csr {
  readonly data: readonly number[];
  readonly indices: readonly number[];
  readonly indptr: readonly number[];
  readonly shape: readonly number[];
}

/** What is the same to the bit, and by how much values differ at most. */
function compare(found: SparseMatrix, expected: Csr): { cells: unknown; error: number } {
  const errors = expected.data.map((number, at) => Math.abs(found.data[at]! - number));
  const cells = { indices: [...found.indices], indptr: [...found.indptr], shape: [...found.shape] };
  return { cells, error: Math.max(...errors) };
}

const cellsOf = ({ indices, indptr, shape }: Csr): unknown => ({ indices, indptr, shape });

describe('TextVectorizer', () => {
  test.each(vectors.vectorized)("gives scikit-learn's numbers with $options", ({ options, matrix }) => {
    const [shortest = 1, longest = 1] = options.ngrams;
    const vectorizer = new TextVectorizer({ ...options, ngrams: [shortest, longest] });
    const { cells, error } = compare(
      vectorizer.fit(vectors.texts.slice(0, vectors.fitted)).transform(vectors.texts),
      matrix,
    );
    expect(cells).toStrictEqual(cellsOf(matrix));
    expect(error).toBeLessThan(1e-14);
  });

  test('counts a stream of texts as it counts a list', () => {
    const whole = new TextVectorizer().fit(vectors.texts);
    const streamed = new TextVectorizer();
    for (const text of vectors.texts) streamed.partialFit([text]);
    expect(streamed.transform(vectors.texts)).toStrictEqual(whole.transform(vectors.texts));
    expect(whole.fit(['one']).transform(['one two'])).toStrictEqual(
      new TextVectorizer().fit(['one']).transform(['one two']),
    );
  });

  test('is the same after JSON', () => {
    const vectorizer = new TextVectorizer({ features: 500, ngrams: [1, 2] }).fit(vectors.texts);
    const copy = TextVectorizer.fromJSON(JSON.stringify(vectorizer));
    expect(copy.transform(vectors.texts)).toStrictEqual(vectorizer.transform(vectors.texts));
    expect(copy.partialFit(['dog']).transform(['dog day'])).toStrictEqual(
      vectorizer.partialFit(['dog']).transform(['dog day']),
    );
  });

  test('a text without words is a row of zeros', () => {
    const { indptr } = new TextVectorizer({ idf: false }).transform(['a ! b', '', 'word']);
    expect([...indptr]).toStrictEqual([0, 0, 0, 1]);
  });

  test('asks to be fitted, unless it does not count texts', () => {
    expect(() => new TextVectorizer().transform(['one'])).toThrow('call fit() first, or set idf to false');
    expect(new TextVectorizer({ idf: false }).transform(['one']).data).toStrictEqual(Float64Array.of(1));
  });

  test('names the text that is no string, and keeps those before it', () => {
    const vectorizer = new TextVectorizer();
    const texts = ['one two', 'two', 7 as unknown as string, 'three'];
    expect(() => vectorizer.partialFit(texts)).toThrow('Text 2 is 7: expected a string.');
    expect(vectorizer.transform(['one two'])).toStrictEqual(
      new TextVectorizer().fit(texts.slice(0, 2)).transform(['one two']),
    );
    expect(() => vectorizer.fit(texts)).toThrow('Text 2 is 7');
    expect(vectorizer.transform(['one two'])).toStrictEqual(
      new TextVectorizer().fit(texts.slice(0, 2)).transform(['one two']),
    );
    expect(() => vectorizer.transform('one')).toThrow('The texts are one string: expected a list of strings');
  });

  test.each<[object, string]>([
    [{ features: 0 }, 'Invalid features of TextVectorizer: 0; expected a whole number from 1 to 2^31 - 1.'],
    [{ ngrams: [2, 1] }, 'Invalid ngrams of TextVectorizer: [2, 1]'],
    [{ lowercase: 1 }, 'Invalid lowercase of TextVectorizer: 1; expected true or false.'],
    [
      { norm: 'l1' },
      "Unknown option 'norm' of TextVectorizer: it has features, lowercase, ngrams, sublinear, idf.",
    ],
  ])('refuses the options %j', (options, message) => {
    expect(() => new TextVectorizer(options)).toThrow(message);
  });

  test.each(['', '{}', 'null', '{"format":"asgd-text-vectorizer","counts":"AAAA"}'])(
    'refuses %j as JSON',
    (text) => {
      expect(() => TextVectorizer.fromJSON(text)).toThrow(
        'This is not what toJSON() of a TextVectorizer makes',
      );
    },
  );
});

describe('FeatureHasher', () => {
  test.each(vectors.hashed)(
    "gives scikit-learn's numbers, alternateSign $alternateSign",
    ({ alternateSign, matrix }) => {
      const hasher = new FeatureHasher({ features: vectors.namedFeatures, alternateSign });
      const { cells, error } = compare(
        hasher.transform(vectors.named as [string, number | string][][]),
        matrix,
      );
      expect(cells).toStrictEqual(cellsOf(matrix));
      expect(error).toBeLessThan(1e-14);
    },
  );

  test('takes objects and maps as it takes pairs', () => {
    const hasher = new FeatureHasher();
    const pairs: [string, number | string][] = [
      ['width', 3],
      ['color', 'red'],
    ];
    expect(hasher.transform([{ width: 3, color: 'red' }])).toStrictEqual(hasher.transform([pairs]));
    expect(hasher.transform([new Map(pairs)])).toStrictEqual(hasher.transform([pairs]));
  });

  test.each([
    [[{ width: 1 }, { width: NaN }], 'Row 1 has NaN for'],
    [[{ width: null }], 'Row 0 has null for'],
    [[['width', 1]], 'Row 0 has'],
    [['width'], "Row 0 is 'width': expected an object"],
    [7, 'transform() was given 7: expected a list with an item for each row.'],
  ])('refuses %j', (items, message) => {
    expect(() => new FeatureHasher().transform(items as unknown as NamedFeatures[])).toThrow(message);
  });

  test('refuses numbers of columns that cannot be', () => {
    expect(() => new FeatureHasher({ features: 2 ** 31 })).toThrow(
      'Invalid features of FeatureHasher: 2147483648',
    );
    expect(() => new FeatureHasher({ alternateSign: 'yes' as unknown as boolean })).toThrow(
      'Invalid alternateSign',
    );
  });
});

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { describe, expect, test } from 'vitest';
import { ASGDClassifier, ASGDRegressor, DivergedError, type Rows } from '../src/index.ts';
import { labels, lists, names, sparse, streamOf, weightsOf } from './estimator-data.ts';

describe('partialFit', () => {
  const options = { lr: 1, lambd: 1e-3 } as const;
  const classes = names;

  test('in parts is the same as at once, and as a stream', async () => {
    for (const kernels of ['wasm', 'typescript'] as const) {
      const once = await new ASGDClassifier({ ...options, kernels }).partialFit(sparse, labels, { classes });
      const parts = new ASGDClassifier({ ...options, kernels, interceptStep: 0.01 });
      await parts.partialFit(lists.slice(0, 10), labels.slice(0, 10), { classes });
      await parts.partialFit(lists.slice(10, 11), labels.slice(10, 11));
      await parts.partialFit([], []);
      await parts.partialFit(lists.slice(11), labels.slice(11));
      expect(parts.steps).toBe(300);
      for (const [at, weight] of weightsOf(parts).entries()) {
        expect(weight).toBeCloseTo(weightsOf(once)[at]!, 12);
      }
      const chunks = lists.map((row, at) => ({ rows: [row], labels: [labels[at]!] }));
      const streamed = new ASGDClassifier<string>({ ...options, kernels, interceptStep: 0.01 });
      await streamed.partialFit(streamOf(...chunks), { classes });
      expect(weightsOf(streamed)).toStrictEqual(weightsOf(parts));
    }
  });

  test('goes on from fit', async () => {
    const model = await new ASGDClassifier({ ...options, epochs: 2, shuffle: false, t0: 10 }).fit(
      sparse,
      labels,
    );
    await model.partialFit(sparse, labels);
    const three = await new ASGDClassifier({ ...options, epochs: 3, shuffle: false, t0: 10 }).fit(
      sparse,
      labels,
    );
    expect(weightsOf(model)).toStrictEqual(weightsOf(three));
  });

  test('averages all', async () => {
    const model = await new ASGDClassifier(options).partialFit(sparse, labels, { classes });
    const same = await new ASGDClassifier({ ...options, t0: -1 }).partialFit(sparse, labels, { classes });
    expect(weightsOf(model)).toStrictEqual(weightsOf(same));
  });

  test('keeps the rows before one that is wrong', async () => {
    const good = await new ASGDClassifier(options).partialFit(lists.slice(0, 100), labels.slice(0, 100), {
      classes,
    });
    const wrongs: [unknown[], unknown[], string][] = [
      [lists.with(100, [1, 2, 3, 4, 5, NaN]), labels, 'Row 100, column 5 is NaN'],
      [lists.with(100, [1, 2, 3]), labels, 'Row 100 has 3 values: expected 6'],
      [
        lists,
        labels.with(100, 'eggs'),
        "The label of row 100 is 'eggs': expected one of the classes 'ham', 'spam', 'unsure'.",
      ],
      [lists.with(150, []), labels.with(100, 'eggs'), "The label of row 100 is 'eggs'"],
    ];
    for (const [rows, given, message] of wrongs) {
      const model = new ASGDClassifier(options);
      await expect(model.partialFit(rows as number[][], given as string[], { classes })).rejects.toThrow(
        message,
      );
      expect(weightsOf(model)).toStrictEqual(weightsOf(good));
      expect(model.steps).toBe(100);
    }
    const streamed = new ASGDClassifier<string>(options);
    const stream = streamOf(
      { rows: lists.slice(0, 60), labels: labels.slice(0, 60) },
      { rows: [...lists.slice(60, 100), [1]], labels: labels.slice(60, 101) },
    );
    await expect(streamed.partialFit(stream, { classes })).rejects.toThrow(
      'After 60 rows of the stream: Row 40 has 1 values',
    );
    expect(weightsOf(streamed)).toStrictEqual(weightsOf(good));
  });

  test('reads rows that change while WebAssembly is loaded as they are then', async () => {
    const indices = Uint32Array.of(0, 1);
    const training = new ASGDRegressor().partialFit(
      { data: [1, 2], indices, indptr: [0, 1, 2], shape: [2, 2] },
      [1, 2],
    );
    indices[1] = 1e9; // far outside of its memory
    await expect(training).rejects.toThrow('Row 1 has the column 1000000000 in indices');
  });

  test.each([
    ['dense', (values: number[]): Rows => values.map((value) => [value])],
    ['sparse', columnOf],
  ])('keeps what came before it diverged, of %s rows', async (_, rowsOf) => {
    const model = new ASGDRegressor({ lr: 0.5, lambd: 0 });
    const rows = rowsOf([1, 1, 1e200, 1e200, 1]);
    await expect(model.partialFit(rows, [1, 1, 1, 1, 1])).rejects.toThrow('Training diverged at row 3');
    expect(model.steps).toBe(3);
    const fresh = new ASGDRegressor({ lr: 0.5 });
    const sampleWeight = [1e300];
    await expect(fresh.partialFit(rowsOf([1]), [1e300], { sampleWeight })).rejects.toThrow(
      'Training diverged at row 0',
    );
    expect(() => fresh.steps).toThrow('has not been trained');
    // Weights that only the last row took out of range.
    await fresh.partialFit(rowsOf([1e200]), [1e300]);
    expect(() => fresh.predict([[1]])).toThrow(DivergedError);
  });

  test('needs the classes once, and holds to them', async () => {
    const model = new ASGDClassifier(options);
    await expect(model.partialFit(sparse, labels)).rejects.toThrow(
      'The first partialFit() needs all classes that will come',
    );
    await expect(model.partialFit(sparse, labels, { classes: ['ham', 'ham'] })).rejects.toThrow(
      "classes is ['ham', 'ham']: expected two different labels or more",
    );
    await expect(model.partialFit(sparse, labels, { classes: ['ham'] })).rejects.toThrow(
      'expected two different labels or more',
    );
    await model.partialFit(sparse, labels, { classes: ['unsure', 'spam', 'ham', 'never'] });
    expect(model.classes).toStrictEqual(['ham', 'never', 'spam', 'unsure']);
    await expect(
      new ASGDClassifier({ classWeight: 'balanced' }).partialFit(sparse, labels, { classes }),
    ).rejects.toThrow("classWeight: 'balanced' needs all labels at once");
  });

  test('refuses rows of another width, before and in predictions', async () => {
    const model = await new ASGDClassifier(options).partialFit(sparse, labels, { classes });
    await expect(model.partialFit({ data: new Float64Array(0), shape: [0, 7] }, [])).rejects.toThrow(
      'The rows have 7 columns: expected 6',
    );
    expect(() => model.predict([[1, 2]])).toThrow(
      'Row 0 has 2 values: expected 6, as in the rows fitted before.',
    );
    expect(() => model.score(sparse, labels.slice(1))).toThrow('There are 300 rows and 299 labels');
    expect(model.score([], [])).toBeNaN();
  });
});

/** Sparse rows of one column. */
function columnOf(values: number[]): Rows {
  return {
    data: values,
    indices: values.map(() => 0),
    indptr: [...values.keys(), values.length],
    shape: [values.length, 1],
  };
}

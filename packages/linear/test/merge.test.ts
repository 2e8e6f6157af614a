import { describe, expect, test } from 'vitest';
import { ASGDClassifier, ASGDRegressor, ModelError } from '../src/index.ts';
import { mergeParts, type ModelPart, partOf } from '../src/merge.ts';
import { dense, labels, lists, names, numbers, sparse, weightsOf } from './estimator-data.ts';

const settings = { lr: 0.5, lambd: 1e-3, interceptStep: 0.5, loss: 'softmax' } as const;
/** Averages everything; and nothing, so that what it gives are the weights. Both make the same steps. */
const averaging = { ...settings, t0: -1 };
const plain = { ...settings, t0: 1e9 };

/** The model trained on some rows, and the part it then is. */
async function trained(
  from: number,
  to: number,
  options: typeof averaging,
  start?: ModelPart,
): Promise<ModelPart> {
  const model = start ? ASGDClassifier.fromJSON<string>(start.model) : new ASGDClassifier<string>(options);
  const before = start?.model.step ?? 0;
  await model.partialFit(lists.slice(from, to), labels.slice(from, to), { classes: names });
  return partOf(model, before);
}

const read = (part: ModelPart): number[] => weightsOf(ASGDClassifier.fromJSON(part.model));

function expectMean(merged: ModelPart, parts: readonly ModelPart[], counts: readonly number[]): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const all = parts.map(read);
  for (const [at, value] of read(merged).entries()) {
    const sum = all.reduce((partial, weights, k) => partial + (weights[at] ?? NaN) * (counts[k] ?? NaN), 0);
    expect(value).toBeCloseTo(sum / total, 13);
  }
}

describe('parts', () => {
  test('are merged to the mean of their iterates', async () => {
    const parts = [
      await trained(0, 50, averaging),
      await trained(50, 150, averaging),
      await trained(150, 157, averaging),
    ];
    expect(parts.map(({ steps, iterates }) => [steps, iterates])).toStrictEqual([
      [50, 50],
      [100, 100],
      [7, 7],
    ]);
    const merged = mergeParts(parts);
    expectMean(merged, parts, [50, 100, 7]);
    expect(merged).toMatchObject({ start: 0, steps: 157, iterates: 157, parts: 3, model: { step: 52 } });
  });

  test('without averages are merged to the mean of their weights, by updates', async () => {
    const parts = [await trained(0, 50, plain), await trained(50, 150, plain)];
    expect(parts.map(({ iterates }) => iterates)).toStrictEqual([1, 1]);
    expectMean(mergeParts(parts), parts, [50, 100]);
  });

  test('go on from the merged model: its weights, its averages and its step', async () => {
    const first = await Promise.all([trained(0, 50, averaging), trained(50, 150, averaging)]);
    const same = await Promise.all([trained(0, 50, plain), trained(50, 150, plain)]);
    const [merged, weights] = [mergeParts(first), mergeParts(same)];
    expect(merged.model.step).toBe(75);
    const next = await trained(150, 151, averaging, merged);
    const nextWeights = await trained(150, 151, plain, weights);
    expect(next).toMatchObject({ start: 75, steps: 1, iterates: 76, parts: 1 });
    const [before, after] = [read(merged), read(nextWeights)];
    for (const [at, average] of read(next).entries()) {
      const value = before[at] ?? NaN;
      expect(average).toBeCloseTo(value + ((after[at] ?? NaN) - value) / 76, 7); // core rounds mu to float32
    }
  });

  test('of which only some have begun to average are merged to a model that has not', async () => {
    const late = { ...averaging, t0: 40 };
    const [short, long] = [await trained(0, 10, late), await trained(10, 70, late)];
    const merged = mergeParts([short, long]);
    expect(merged.model.step).toBe(35);
    const model = ASGDClassifier.fromJSON<string>(merged.model);
    const weights = ASGDClassifier.fromJSON<string>(
      mergeParts([await trained(0, 10, plain), await trained(10, 70, plain)]).model,
    );
    expect(weightsOf(model)).toStrictEqual(weightsOf(weights));
    for (const one of [model, weights]) await one.partialFit(lists.slice(70, 76), labels.slice(70, 76));
    expect(weightsOf(model)).toStrictEqual(weightsOf(weights));
  });

  test('of a later round count the iterates before it', async () => {
    const merged = mergeParts([await trained(0, 50, averaging), await trained(50, 150, averaging)]);
    const parts = [await trained(150, 160, averaging, merged), await trained(160, 300, averaging, merged)];
    expect(parts.map(({ steps, iterates }) => [steps, iterates])).toStrictEqual([
      [10, 85],
      [140, 215],
    ]);
    expectMean(mergeParts(parts), parts, [85, 215]);
    expect(mergeParts(parts).model.step).toBe(150);
  });

  test('may be merged in a tree, and one is what it was', async () => {
    const parts = await Promise.all(
      [0, 20, 70, 90].map((from, k) => trained(from, from + 10 + k, averaging)),
    );
    const [a, b, c, d] = parts as [ModelPart, ModelPart, ModelPart, ModelPart];
    const [tree, list] = [mergeParts([mergeParts([a, b]), mergeParts([c, d])]), mergeParts(parts)];
    expect({ ...tree, model: 0 }).toStrictEqual({ ...list, model: 0 });
    for (const [at, value] of read(tree).entries()) expect(value).toBeCloseTo(read(list)[at] ?? NaN, 14);
    expect(mergeParts([a])).toStrictEqual(a);
    expect(JSON.stringify(mergeParts([JSON.stringify(a), b]))).toBe(JSON.stringify(mergeParts([a, b])));
  });

  test('of regressors, of two classes and of models that were fitted', async () => {
    const regressor = partOf(
      await new ASGDRegressor({ epochs: 1, lr: 0.1, t0: -1 }).fit(numbers.dense, numbers.targets),
    );
    expect(ASGDRegressor.fromJSON(mergeParts([regressor, regressor]).model).coef.data).toStrictEqual(
      ASGDRegressor.fromJSON(regressor.model).coef.data,
    );
    const [one, two] = await Promise.all(
      [sparse, dense].map(async (rows) =>
        partOf(await new ASGDClassifier({ ...averaging, loss: 'hinge', epochs: 2 }).fit(rows, labels)),
      ),
    );
    expect(one && two && mergeParts([one, two])).toMatchObject({ steps: 1200, model: { step: 600 } });
  });

  test('that do not belong together, or are none, are refused', async () => {
    const part = await trained(0, 50, averaging);
    const other = await trained(0, 50, plain);
    const later = await trained(50, 60, averaging, part);
    const wrong: [unknown, string][] = [
      [undefined, 'mergeParts() was given undefined: expected a list of one part or more.'],
      [[], 'mergeParts() was given []'],
      [[part, 7], 'Part 1 is 7: expected what partOf() or mergeParts()'],
      [[part, null], 'Part 1 is null'],
      [['{'], 'Part 0 is not JSON'],
      [[{ ...part, version: 2 }], 'Part 0 is an object'],
      [[part, { ...part, steps: 0 }], 'steps of part 1 is 0: expected a number from 1.'],
      [[{ ...part, iterates: Infinity }], 'iterates of part 0 is Infinity'],
      [[{ ...part, parts: 1.5 }], 'parts of part 0 is 1.5'],
      [[{ ...part, start: -1 }], 'start of part 0 is -1: expected a number from 0.'],
      [[part, { ...part, model: undefined }], 'Part 1: fromJSON() was given undefined'],
      [[part, { ...part, model: { ...part.model, weights: '' } }], 'Part 1: weights of the model are not'],
      [
        [part, other],
        't0 of part 1 is 1000000000, and of part 0 -1: expected parts that went on from the same model.',
      ],
      [[part, later], 'start of part 1 is 50, and of part 0 0'],
    ];
    for (const [parts, message] of wrong) expect(() => mergeParts(parts as never)).toThrow(message);
    expect(() => mergeParts([part, other])).toThrow(ModelError);
    const model = ASGDClassifier.fromJSON(part.model);
    for (const start of [50, 51, -1, 0.5, NaN]) {
      expect(() => partOf(model, start)).toThrow('expected a whole number from 0 to 49');
    }
    expect(() => partOf(new ASGDClassifier())).toThrow('has not been trained');
  });
});

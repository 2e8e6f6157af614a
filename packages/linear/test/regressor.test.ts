import { describe, expect, test } from 'vitest';
import { ASGDRegressor } from '../src/index.ts';
import { numbers } from './estimator-data.ts';

describe('ASGDRegressor', () => {
  test.each(['squared', 'huber'] as const)('learns with the loss %s', async (loss) => {
    const model = await new ASGDRegressor({ loss, epochs: 50 }).fit(numbers.sparse, numbers.targets);
    expect(model.score(numbers.sparse, numbers.targets)).toBeGreaterThan(0.79);
    expect(model.predict(numbers.sparse)).toHaveLength(300);
  });

  test('of noiseless rows it finds the weights and the intercept', async () => {
    const exact = numbers.lists.map((row) => 3 + row.reduce((sum, value, f) => sum + (f - 2) * value, 0));
    const model = await new ASGDRegressor({ lambd: 0, epochs: 200 }).fit(numbers.lists, exact);
    for (const [f, weight] of model.coef.data.entries()) expect(weight).toBeCloseTo(f - 2, 6);
    expect(model.intercept[0]).toBeCloseTo(3, 6);
    expect(model.score(numbers.lists, exact)).toBeCloseTo(1, 12);
  });

  test('the score of targets that are all alike', async () => {
    const model = await new ASGDRegressor({ fitIntercept: false }).fit([[1], [2]], [0, 0]);
    expect(model.score([[1], [2]], [0, 0])).toBe(1);
    expect(model.score([[1], [2]], [5, 5])).toBe(0);
    expect(model.score([], [])).toBeNaN();
    expect(() => model.score([[1]], 7 as never)).toThrow('targets is 7: expected a list of 1');
  });
});

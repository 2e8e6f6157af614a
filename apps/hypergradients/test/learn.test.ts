import { cpu } from '@asgd/cpu';
import { describe, expect, test } from 'vitest';
import { loadDigits } from '../src/digits.ts';
import { learnLearningRate, type Run, type Task, trainOnce } from '../src/learn.ts';

const task: Task = { training: loadDigits(0, 400), validation: loadDigits(100, 200), batch: 20 };
const backend = await cpu();

describe('the hypergradient', () => {
  test.each([0.01, 0.3])(
    'at lr %f is the slope of the loss',
    async (lr) => {
      const h = 0.01;
      const [below, at, above] = await Promise.all(
        [lr * Math.exp(-h), lr, lr * Math.exp(h)].map((rate) => trainOnce(backend, task, rate)),
      );
      const slope = ((above?.loss ?? NaN) - (below?.loss ?? NaN)) / (2 * h);
      expect(at?.slope).not.toBe(0);
      expect(Math.abs((at?.slope ?? NaN) / slope - 1)).toBeLessThan(0.01);
    },
    60_000,
  );

  test.each([0.02, 1.5])(
    'leads a learning rate that starts at %f to a lower loss',
    async (start) => {
      const runs: Run[] = [];
      for await (const run of learnLearningRate(backend, task, start, 5)) runs.push(run);
      const [first, last] = [runs[0], runs.at(-1)];
      expect(last?.loss).toBeLessThan(0.9 * (first?.loss ?? NaN));
    },
    60_000,
  );
});

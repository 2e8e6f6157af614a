import { expect, test } from 'vitest';
import { readTable, toLinearData } from '../src/playground/csv.ts';
import { linearProblem } from '../src/playground/linear-problem.ts';

const rows = { features: Float32Array.of(1, 2, -1, 0.5, 0.3, -2), targets: Float32Array.of(0, 2, 1) };
const classes = { training: rows, test: rows, width: 2, outputs: 3, about: {} };
const numbers = { ...classes, outputs: 1 };

test.each([
  ['classes', classes],
  ['numbers', numbers],
])('with %s, the gradient is the slope of the loss', (_, data) => {
  const problem = linearProblem(data, 1); // a batch has all rows, which are those of the test too
  const values = problem.parameters.map(({ values: start }) => start.map((__, index) => Math.sin(index + 1)));
  const gradients = values.map(({ length }) => new Float32Array(length));
  problem.writeGradients(values, gradients);
  for (const [which, array] of values.entries()) {
    for (const index of array.keys()) {
      const lossAt = (shift: number): number => {
        const moved = values.map((one) => one.slice());
        const kept = moved[which];
        if (kept) kept[index] = (kept[index] ?? NaN) + shift;
        return problem.evaluate(moved).loss;
      };
      expect(gradients[which]?.[index]).toBeCloseTo((lossAt(2 ** -8) - lossAt(-(2 ** -8))) * 2 ** 7, 3);
    }
  }
});

test('a model of zeros takes every row for the first class', () => {
  const problem = linearProblem(classes, 1);
  const { error, loss } = problem.evaluate(problem.parameters.map(({ values }) => values));
  expect(error).toBeCloseTo(2 / 3);
  expect(loss).toBeCloseTo(Math.log(3));
});

const table = (lines: readonly string[]): string => lines.join('\n');
const ten = Array.from(
  { length: 10 },
  (_, index) => `${index},${index % 2 === 0 ? 'red' : 'blue'},${index < 5 ? 'low' : 'high'}`,
);

test('columns of numbers are standardized, and columns of text become a feature for each value', async () => {
  const data = toLinearData(await readTable(table(['size,color,level', ...ten])), 2);
  expect(data.names).toStrictEqual(['size', 'color = blue', 'color = red']);
  expect(data.outputs).toBe(2);
  expect([data.training.targets.length, data.test.targets.length]).toStrictEqual([8, 2]);
  const sizes = [...data.training.features, ...data.test.features].filter((_, index) => index % 3 === 0);
  expect(sizes.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0);
  expect(sizes.reduce((sum, value) => sum + value ** 2, 0) / 10).toBeCloseTo(1);
});

test('a missing number is the mean', async () => {
  const data = toLinearData(await readTable(table([...ten, '?,red,low'])), 2);
  expect([...data.training.features, ...data.test.features].filter((_, index) => index % 3 === 0)).toContain(
    0,
  );
});

test('a label of many numbers is a number to predict', async () => {
  const lines = Array.from({ length: 40 }, (_, index) => `${index % 3},${index}`);
  expect(toLinearData(await readTable(table(lines)), 1).outputs).toBe(1);
});

test.each([
  ['few rows', ['1,2', '3,4'], 'The file has 2 rows; expected 10 or more.'],
  ['nothing', [''], 'The file has 0 rows; expected 10 or more.'],
  ['one column', Array.from({ length: 10 }, (_, index) => String(index)), 'The file has one column'],
  ['a row that is too short', [...ten, '1,red'], 'Row 11 has 2 cells; expected 3, as in the first.'],
  ['one label', Array.from({ length: 10 }, (_, index) => `${index},same`), 'Every row has the same column 2'],
  ['no label', [...ten.slice(1), '4,red,'], 'Row 10 of the data has no column 3'],
])('a file with %s is refused', async (_, lines, message) => {
  await expect(
    (async () => toLinearData(await readTable(table(lines)), lines[0]?.split(',').length === 3 ? 2 : 1))(),
  ).rejects.toThrow(message);
});

import { expect, test } from 'vitest';
import { chartShape, chartSize } from '../src/playground/line-chart.ts';

const format = String;
const { height, left, right, top, bottom } = chartSize;

test('both curves go over the whole width, on a logarithmic scale', () => {
  const points = [
    { step: 0, iterate: 1, average: 1 },
    { step: 50, iterate: 0.1, average: 0.01 },
    { step: 100, iterate: 1, average: 0.01 },
  ];
  const { iterate, average, ticks, steps } = chartShape(points, 100, format, left + right + 200);
  const middle = (top + height - bottom) / 2;
  expect(iterate).toBe(`${left}.0,${top}.0 ${left + 100}.0,${middle}.0 ${left + 200}.0,${top}.0`);
  expect(average).toBe(
    `${left}.0,${top}.0 ${left + 100}.0,${height - bottom}.0 ${left + 200}.0,${height - bottom}.0`,
  );
  expect([ticks[0], ticks.at(-1)]).toStrictEqual([
    { y: height - bottom, label: '0.01' },
    { y: top, label: '1' },
  ]);
  expect(steps.map(({ label }) => label)).toStrictEqual(['0', '50', '100']);
});

test('a value of 0 lies on the lower edge', () => {
  const points = [
    { step: 0, iterate: 1, average: 0 },
    { step: 1, iterate: 0.5, average: 0 },
  ];
  expect(chartShape(points, 1, format, 300).average).toBe(
    `${left}.0,${height - bottom}.0 ${300 - right}.0,${height - bottom}.0`,
  );
});

test('without points there are no curves and no labels', () => {
  expect(chartShape([], 1, format, 300)).toStrictEqual({ iterate: '', average: '', ticks: [], steps: [] });
});

test('of many points 300 at most are drawn, and the last one is', () => {
  const points = Array.from({ length: 1001 }, (_, step) => ({ step, iterate: 1, average: 1 }));
  const drawn = chartShape(points, 1000, format, 300).iterate.split(' ');
  expect(drawn.length).toBeLessThanOrEqual(301);
  expect(drawn.at(-1)).toMatch(new RegExp(`^${300 - right}\\.0,`));
});

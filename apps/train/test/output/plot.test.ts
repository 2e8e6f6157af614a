import { describe, expect, test } from 'vitest';
import type { EpochRecord } from '../../src/history.ts';
import { plot, type PlotContent } from '../../src/output/plot.ts';

const history: EpochRecord[] = [1, 2, 3, 4].map((epoch) => ({
  epoch,
  steps: epoch * 10,
  trainLoss: 1 / epoch,
  last: { loss: 1 / epoch, error: 0.2 / epoch },
  average: epoch === 1 ? null : { loss: 0.9 / epoch, error: 0.1 / epoch },
  eta: 0.1,
  mu: 1,
  rowsPerSecond: 1,
}));

const content: PlotContent = {
  title: 'A title',
  subtitle: 'lr 0.5',
  history,
  averagingFrom: 1.5,
  numbers: false,
};

/** The pieces of text in the picture. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}

/** The number of points in each of the lines. */
function linePoints(svg: string): number[] {
  const paths = [
    ...svg.matchAll(
      /aria-roledescription="line mark"[^>]* d="([^"]*)"|d="([^"]*)"[^>]*aria-roledescription="line mark"/g,
    ),
  ];
  return paths.map(([, a, b]) => ((a ?? b ?? '').match(/[ML]/g) ?? []).length);
}

describe('the plot', () => {
  test('names its axes, its lines and its subject', async () => {
    const found = texts(await plot(content));
    for (const text of [
      'A title',
      'lr 0.5',
      'epoch',
      'test loss',
      'test error',
      'last iterate',
      'average',
      'averaging begins',
    ]) {
      expect(found).toContain(text);
    }
    expect(found.filter((text) => text.endsWith('%')).length).toBeGreaterThan(2);
    expect(texts(await plot({ ...content, numbers: true }))).toContain('test RMSE');
  });

  test('draws loss and error of both models, the average from where there is one', async () => {
    expect(linePoints(await plot(content)).toSorted((a, b) => a - b)).toStrictEqual([3, 3, 4, 4]);
  });

  test('does not mark the beginning of averaging if it never came', async () => {
    expect(texts(await plot({ ...content, averagingFrom: undefined }))).not.toContain('averaging begins');
    expect(texts(await plot({ ...content, averagingFrom: 99 }))).not.toContain('averaging begins');
  });

  test('can show a single epoch', async () => {
    expect(await plot({ ...content, history: history.slice(0, 1) })).toContain('<svg');
  });

  test('is the same for the same run', async () => {
    expect(await plot(content)).toBe(await plot(content));
  });
});

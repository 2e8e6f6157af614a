import { createRequire } from 'node:module';
import type Axe from 'axe-core';
import type { AxeResults, RunOptions } from 'axe-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pages, visitor } from './site.ts';

const axe = createRequire(import.meta.url).resolve('axe-core');
let site: Awaited<ReturnType<typeof visitor>>;

beforeAll(async () => {
  site = await visitor();
});
afterAll(() => site.close());

test('there are pages of every kind', () => {
  expect(pages).toStrictEqual(
    expect.arrayContaining([
      'index.html',
      'playground.html',
      'evidence.html',
      'guides/errors.html',
      'reference/cpu.html',
    ]),
  );
});

test.each(pages)(
  '%s opens without errors, is accessible in light and dark, stays put, and fits a phone',
  async (path) => {
    const { page, failures } = await site.open(path, (opened) =>
      opened.addInitScript(() => {
        const shifts: number[] = [];
        Object.assign(globalThis, { shifts });
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
        });
        observer.observe({ type: 'layout-shift', buffered: true });
      }),
    );
    const shift = await page.evaluate(() =>
      (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, one) => sum + one, 0),
    );
    expect(shift).toBeLessThan(0.01);

    await page.addScriptTag({ path: axe });
    // Contrast takes seconds on the long pages of the reference, which all look alike.
    const looksAlike = path.startsWith('reference/') && path !== 'reference/cpu.html';
    const contrast = { 'color-contrast': { enabled: !looksAlike } };
    expect(await violations({ rules: contrast })).toStrictEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html.dark').waitFor();
    expect(
      looksAlike ? [] : await violations({ runOnly: { type: 'rule', values: ['color-contrast'] } }),
    ).toStrictEqual([]);

    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    expect(failures).toStrictEqual([]);

    async function violations(options: RunOptions): Promise<string[]> {
      const { violations: found } = await page.evaluate(
        async (only): Promise<AxeResults> =>
          (globalThis as unknown as { axe: typeof Axe }).axe.run(document, only),
        { resultTypes: ['violations'], ...options } satisfies RunOptions,
      );
      return found.map(({ id, help, nodes }) => {
        const places = nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`);
        return `${id}: ${help}: ${places.join(' | ')}`;
      });
    }
  },
);

import { createRequire } from 'node:module';
import type { Page } from '@asgd/browser';
import type Axe from 'axe-core';
import type { AxeResults, RunOptions } from 'axe-core';
import { afterAll, beforeAll, test } from 'vitest';
import { htmlOf, pages, visitor } from './site.ts';

/** TypeDoc makes the pages of the reference, which are long and alike: one of each kind is looked into. */
const references = ['reference/index.html', 'reference/cpu.html', 'reference/documents/SPEC.html'];
const axe = createRequire(import.meta.url).resolve('axe-core');
let site: Awaited<ReturnType<typeof visitor>>;

beforeAll(async () => {
  site = await visitor();
});
afterAll(() => site.close());

test('there are pages of every kind', ({ expect }) => {
  expect(pages).toStrictEqual(
    expect.arrayContaining([
      'index.html',
      'playground.html',
      'evidence.html',
      'guides/errors.html',
      ...references,
    ]),
  );
});

// At the same time, because a test waits half a second for the network to be quiet.
test.concurrent.for(pages)(
  '%s opens without errors, is accessible in light and dark, stays put, and fits a phone',
  async (path, { expect, onTestFinished }) => {
    const { page, failures } = await site.open(path, observeShifts, onTestFinished);
    const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: Shift[] }).shifts);
    const shift = shifts.reduce((sum, { value }) => sum + value, 0);
    expect(shift, JSON.stringify(shifts)).toBeLessThan(0.01);

    const isLookedInto = !path.startsWith('reference/') || references.includes(path);
    expect(isLookedInto ? await violationsIn(page) : []).toStrictEqual([]);

    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    expect(failures).toStrictEqual([]);
  },
);

test('the outline does not move when the text arrives, which is later in the document', async ({
  expect,
}) => {
  const path = 'guides/errors.html';
  const { page: whole } = await site.open(path);
  const html = htmlOf(path);
  const body = html.slice(
    0,
    html.indexOf('<div class="content" data-v-', html.indexOf('class="VPDocAside"')),
  );
  const { page: begun } = await site.open(path, async (page) => {
    await page.route('**/*.js', (route) => route.abort());
    await page.route(`**/${path}`, (route) => route.fulfill({ body, contentType: 'text/html' }));
  });
  expect(await begun.locator('main').count()).toBe(0);
  const place = await begun.locator('.aside-container').boundingBox();
  expect(place).toStrictEqual(await whole.locator('.aside-container').boundingBox());
});

/** How far parts of a page moved while it loaded, which ones, and from where to where. */
interface Shift {
  readonly value: number;
  readonly sources: readonly string[];
}

/** Makes a page keep its shifts. */
async function observeShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    interface Entry {
      readonly value: number;
      readonly sources: readonly { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
    }
    const shifts: Shift[] = [];
    Object.assign(globalThis, { shifts });
    const describe = ({ node, previousRect, currentRect }: Entry['sources'][number]): string => {
      const what = node instanceof Element ? node.outerHTML : (node?.textContent ?? '');
      return `${what.slice(0, 80)}: ${JSON.stringify(previousRect)} to ${JSON.stringify(currentRect)}`;
    };
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as Entry[]) {
        shifts.push({ value: entry.value, sources: entry.sources.map(describe) });
      }
    });
    observer.observe({ type: 'layout-shift', buffered: true });
  });
}

/** What axe finds on a page, and what is too faint on it in dark mode. */
async function violationsIn(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const inLight = await violations({});
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html.dark').waitFor();
  return [...inLight, ...(await violations({ runOnly: { type: 'rule', values: ['color-contrast'] } }))];

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
}

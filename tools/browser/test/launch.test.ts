import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, openPage } from '../src/index.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test('a page has WebGPU, on the software adapter', async () => {
  const page = await openPage(browser);
  const architecture = await page.evaluate(
    async () => (await navigator.gpu.requestAdapter())?.info.architecture,
  );
  expect(architecture).toBe('swiftshader');
  await page.close();
});

test.for([true, false])('a page is cross-origin isolated only when asked for: %s', async (isolated) => {
  const page = await openPage(browser, { isolated });
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated);
  await page.close();
});

test('a page finds the files it is given, and nothing else', async () => {
  const page = await openPage(browser, { files: { '/answer.js': 'export const answer = 42;' } });
  expect(await page.evaluate('import("/answer.js").then(({ answer }) => answer)')).toBe(42);
  expect(await page.evaluate(async () => (await fetch('/other.js')).status)).toBe(404);
  await page.close();
});

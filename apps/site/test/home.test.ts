import type { Page } from '@asgd/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { visitor } from './site.ts';

let site: Awaited<ReturnType<typeof visitor>>;

beforeAll(async () => {
  site = await visitor();
});
afterAll(() => site.close());

const kilobyte = 1000;

test('the first load is at most 150 kB, compressed', async () => {
  let bytes = 0;
  const { page, failures } = await site.open('', async (opened) => {
    opened.on('requestfinished', (request) => {
      void (async () => {
        const { responseBodySize, responseHeadersSize } = await request.sizes();
        bytes += responseBodySize + responseHeadersSize;
      })();
    });
  });
  await steps(page, 1); // the picture has what it needs
  await page.waitForLoadState('networkidle');
  expect(bytes).toBeGreaterThan(20 * kilobyte);
  expect(bytes).toBeLessThanOrEqual(150 * kilobyte);
  expect(failures).toStrictEqual([]);
});

test('the picture is computed in the page: the iterate wanders, and the average ends nearer to the minimum', async () => {
  const { page } = await site.open('', (opened) => opened.emulateMedia({ reducedMotion: 'reduce' }));
  await steps(page, 500);
  const [iterate = NaN, average = NaN] = await losses(page);
  expect(average).toBeLessThan(iterate);
  expect(average).toBeLessThan(0.05);
  await page.getByRole('button', { name: 'Again' }).click();
  await page.locator('.live-quadratic .steps', { hasNotText: 'step 500 ' }).waitFor();
});

test('the picture can be paused', async () => {
  const { page } = await site.open('');
  await steps(page, 3);
  await page.getByRole('button', { name: 'Pause' }).click();
  const before = await page.locator('.live-quadratic .steps').textContent();
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  expect(await page.locator('.live-quadratic .steps').textContent()).toBe(before);
  await page.getByRole('button', { name: 'Go on' }).click();
});

test.each([
  ['webgpu', 'a GPU', { vendor: 'some', architecture: 'gpu', description: '' }],
  ['wasm', 'a GPU in software', { vendor: 'google', architecture: 'swiftshader', description: '' }],
  ['wasm', 'no adapter', null],
])('the install line has %s in a browser with %s', async (name, _, info) => {
  const { page } = await site.open('', (opened) =>
    opened.addInitScript((adapter) => {
      const gpu = { requestAdapter: async () => (adapter === null ? null : { info: adapter }) };
      Object.defineProperty(navigator, 'gpu', { value: gpu });
    }, info),
  );
  await page.locator('[data-why]', { hasText: 'This browser' }).waitFor();
  expect(await page.locator('.install-line code').textContent()).toBe(`npm install @asgd/core @asgd/${name}`);
});

test('the install line has cpu in a browser without WebAssembly and WebGPU', async () => {
  const { page } = await site.open('', (opened) =>
    opened.addInitScript(() => {
      Object.defineProperty(navigator, 'gpu', { value: undefined });
      Object.defineProperty(globalThis, 'WebAssembly', { value: undefined });
    }),
  );
  await page.locator('[data-why]', { hasText: 'every browser' }).waitFor();
  expect(await page.locator('.install-line code').textContent()).toBe('npm install @asgd/core @asgd/cpu');
});

async function steps(page: Page, least: number): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      Number(/\d+/.exec(document.querySelector('.live-quadratic .steps')?.textContent ?? '')?.[0]) >= wanted,
    least,
  );
}

async function losses(page: Page): Promise<number[]> {
  const texts = await page.locator('.live-quadratic .key').allTextContents();
  return texts.map((text) => Number(/[\d.]+$/.exec(text)?.[0]));
}

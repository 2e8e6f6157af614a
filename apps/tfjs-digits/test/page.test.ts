import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch, type Page } from '@asgd/browser';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
let folder: string;
let server: PreviewServer;
let browser: Browser;
let page: Page;
let failures: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asgd-tfjs-digits-'));
  const options = { root, logLevel: 'error', build: { outDir: folder } } as const;
  await build(options);
  server = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(0); // how long a page takes is for the test to limit
  failures = [];
  page.on('pageerror', (error) => failures.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') failures.push(message.text());
  });
  // The same weights and the same order of digits each time.
  await page.addInitScript(() => {
    let state = 20_261_127;
    Math.random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
  });
  await page.goto(server.resolvedUrls?.local[0] ?? '');
});

afterEach(async () => {
  await page.close();
  if (failures.length > 0) throw new Error(`The page reported errors: ${failures.join('; ')}`);
});

type Settings = Readonly<Partial<Record<'lr' | 't0' | 'epochs', string>>>;

async function start(backend: string, settings: Settings): Promise<void> {
  await page.getByLabel('Backend').selectOption(backend);
  if (settings.lr !== undefined) await page.getByLabel('Learning rate').fill(settings.lr);
  if (settings.t0 !== undefined) await page.getByLabel('Average from').fill(settings.t0);
  if (settings.epochs !== undefined) await page.getByLabel('Epochs').fill(settings.epochs);
  await page.getByRole('button', { name: 'Train' }).click();
}

const textOf = async (selector: string): Promise<string> =>
  (await page.locator(selector).textContent()) ?? '';
const status = (text: RegExp): Promise<void> =>
  page.locator('#status').filter({ hasText: text }).waitFor({ state: 'attached' });

/** The table's numbers: an epoch, the last iterate's error and the average's, in percent. */
async function numbers(): Promise<readonly (readonly number[])[]> {
  const rows = await page.locator('#numbers tr').all();
  return Promise.all(rows.map(async (row) => (await row.locator('td').allTextContents()).map(parseFloat)));
}

const pointsOf = async (which: string): Promise<number> =>
  ((await page.locator(`#chart polyline.${which}`).getAttribute('points')) ?? '').split(' ').length;

describe.each([
  ['cpu', 'shared'],
  ['wasm', 'shared'],
  ['webgl', 'copied'],
])('on %s', (backend, path) => {
  test('training draws both curves, and the average is ahead', async () => {
    await start(backend, { lr: '0.6', t0: '150', epochs: '7' });
    await status(/^Done after 7 of 7 epochs/);
    expect(await textOf('#path')).toContain(`optimizer.path is "${path}"`);
    const rows = await numbers();
    expect(rows.map(([epoch]) => epoch)).toStrictEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([await pointsOf('last'), await pointsOf('average')]).toStrictEqual([7, 7]);
    const [first] = rows;
    expect(first?.[2]).toBe(first?.[1]); // averaging begins after it
    const sum = (column: number): number =>
      rows.slice(-5).reduce((total, row) => total + (row[column] ?? NaN), 0);
    expect(sum(2)).toBeLessThan(sum(1));
    expect(rows.at(-1)?.[2]).toBeLessThan(15);
    expect(await textOf('#average')).toBe(`${rows.at(-1)?.[2]?.toFixed(1)} %`);
    expect(await textOf('#chart title')).toMatch(/After epoch 7 the last iterate has .* %, the average .* %/);
    expect(await page.locator('#chart .begins').count()).toBe(1);
  });
});

test('training stops when asked to, and can start anew', async () => {
  await start('cpu', { epochs: '1000' });
  await status(/^Epoch \d+ of 1000/);
  expect(await page.getByLabel('Backend').isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Stop' }).click();
  await status(/^Stopped after \d+ of 1000 epochs/);
  await start('wasm', { epochs: '1' });
  await status(/^Done after 1 of 1 epochs/);
  expect(await numbers()).toHaveLength(1);
});

test('with t0 auto, averaging begins at the end of an epoch', async () => {
  await start('wasm', { lr: '0.6', t0: 'auto', epochs: '15' });
  await status(/^Done after 15/);
  const rows = await numbers();
  const parted = rows.findIndex(([, last, average]) => last !== average);
  expect(parted).toBeGreaterThan(5); // the trigger compares with what was five epochs before
  expect(await page.locator('#chart .begins').count()).toBe(1);
});

test('a learning rate that is too large is said to be', async () => {
  await start('cpu', { lr: '1e30' });
  await status(/^Training ended early/);
  expect(await textOf('[role=alert]')).toBe('The loss is not finite any more: lr 1e+30 is too large.');
  await start('cpu', { lr: '0.5', epochs: '1' });
  await status(/^Done/);
  expect(await textOf('[role=alert]')).toBe('');
});

test('settings that make no sense do not start training', async () => {
  await start('cpu', { t0: 'soon' });
  expect(
    await page.getByLabel('Average from').evaluate((field: HTMLInputElement) => field.validity.valid),
  ).toBe(false);
  expect(await textOf('#status')).toBe('Ready.');
});

test('everything can be done by keyboard, and nothing is wider than a narrow page', async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  const focused: string[] = [];
  for (let stop = 0; stop < 6; stop++) {
    await page.keyboard.press('Tab');
    focused.push(await page.evaluate(() => document.activeElement?.id ?? ''));
    if (focused.at(-1) === 'epochs') await page.keyboard.type('1');
  }
  expect(focused.slice(0, 5)).toStrictEqual(['backend', 'lr', 't0', 'epochs', 'train']);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await status(/^Done after 1 of 1 epochs/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
});

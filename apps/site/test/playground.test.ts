import { readFile } from 'node:fs/promises';
import type { Page } from '@asgd/browser';
import { loadCheckpoint } from '@asgd/torch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleFile } from '../src/playground/csv.ts';
import { type Visit, visitor } from './site.ts';

let site: Awaited<ReturnType<typeof visitor>>;
let isolated: Awaited<ReturnType<typeof visitor>>;

beforeAll(async () => {
  site = await visitor();
  isolated = await visitor({ isolated: true });
});
afterAll(async () => {
  await site.close();
  await isolated.close();
});

const open = (query: string, where = isolated): Promise<Visit> => where.open(`playground.html?${query}`);
const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click();

/** Waits until training has come to a step, and pauses it. */
async function trainTo(page: Page, step: number): Promise<void> {
  await press(page, 'Train');
  await page.waitForFunction(
    (least) =>
      Number(/step (\d+)/.exec(document.querySelector('[data-status]')?.textContent ?? '')?.[1]) >= least ||
      document.querySelector('.results [role=alert]')?.textContent !== '',
    step,
  );
  await press(page, 'Pause');
  await page.locator('[data-status]', { hasText: 'Paused' }).waitFor();
}

/** What the page shows of the last iterate and the average. */
async function shown(page: Page, which: 'loss' | 'error'): Promise<number[]> {
  const texts = await page.locator(`[data-${which}]`).allTextContents();
  return texts.map((text) => Number.parseFloat(text));
}

/** The chart has a curve of the iterate and one of the average, which are not the same. */
async function bothCurves(page: Page): Promise<void> {
  const curves = page.locator('.line-chart polyline');
  const points = await curves.evaluateAll((all) => all.map((one) => one.getAttribute('points') ?? ''));
  expect(points).toHaveLength(2);
  for (const line of points) expect(line.split(' ').length).toBeGreaterThan(20);
  expect(points[0]).not.toBe(points[1]);
  expect(await page.locator('.sides polyline').count()).toBe(2);
}

describe.each(['cpu', 'wasm', 'webgpu'])('on %s', (backend) => {
  test('the noisy quadratic trains, and the average is nearer to the minimum', async () => {
    const { page, failures } = await open(`problem=quadratic&backend=${backend}`);
    await trainTo(page, 150);
    const [iterate = NaN, average = NaN] = await shown(page, 'loss');
    expect(average).toBeLessThan(0.1);
    expect(average).toBeLessThan(iterate);
    expect(await page.locator('[data-capabilities]').textContent()).toContain(
      backend === 'webgpu'
        ? 'This GPU rounds every product before it is added, and replaces subnormal'
        : 'keeps subnormal numbers',
    );
    await bothCurves(page);
    expect(failures).toStrictEqual([]);
  });

  test('the digits are learned', async () => {
    const { page, failures } = await open(`problem=digits&backend=${backend}&t0=100`);
    await trainTo(page, 500);
    const [iterate = NaN, average = NaN] = await shown(page, 'error');
    expect(iterate).toBeLessThan(25);
    expect(average).toBeLessThan(18);
    expect(failures).toStrictEqual([]);
  });

  test('a part of the suite passes', async () => {
    const { page, failures } = await open('');
    await page.locator('#certify ~ form').getByLabel('Backend').selectOption(backend);
    await press(page, 'Run the suite');
    await page.locator('[data-summary]', { hasText: 'selected cases' }).waitFor();
    expect(await page.locator('[data-summary]').textContent()).toMatch(
      /selected cases pass \(\d+ passed, 0 failed/,
    );
    const downloading = page.waitForEvent('download');
    await press(page, 'Download the report');
    const report: unknown = JSON.parse(await readFile(await (await downloading).path(), 'utf8'));
    expect(report).toMatchObject({ subject: backend, verdict: 'the selection passes', passed: true });
    expect(failures).toStrictEqual([]);
  });
});

test('the backends race', async () => {
  const { page } = await open('');
  await page.getByLabel('Numbers in the parameter').selectOption('4096');
  await press(page, 'Race');
  await page.getByText('The race is over.').waitFor();
  const laps = await page.locator('.laps li').allTextContents();
  expect(laps).toHaveLength(3);
  for (const lap of laps) expect(lap).toMatch(/\d+(?:\.\d+)? (?:ms|µs) a step/);
});

test('a CSV file is trained on, dropped or chosen, and its label can be changed', async () => {
  const { page } = await open('problem=csv&backend=cpu');
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
  const dropped = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], 'flowers.csv'));
    return transfer;
  }, exampleFile());
  await page.dispatchEvent('.csv-picker', 'drop', { dataTransfer: dropped });
  await page.locator('[data-table]', { hasText: '300 rows, 5 columns' }).waitFor();
  await trainTo(page, 150);
  expect((await shown(page, 'error'))[1]).toBeLessThan(35);
  await page.getByLabel('Predict').selectOption('stem');
  await trainTo(page, 100);
  expect((await shown(page, 'error'))[1]).toBeLessThan(2); // of numbers of deviation 1
  await page
    .getByLabel('choose one')
    .setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
  await page
    .locator('.results [role=alert]', { hasText: 'The file has 1 rows; expected 10 or more.' })
    .waitFor();
});

test('sliders take effect while it trains, and a link restores them', async () => {
  const { page } = await open('problem=quadratic&backend=cpu');
  await trainTo(page, 60);
  const sliderOf = (name: string) => page.getByRole('slider', { name });
  await sliderOf('Learning rate').fill('0'); // the first stop, 1e-4
  expect(await sliderOf('Learning rate').getAttribute('aria-valuetext')).toBe('1e−4');
  await press(page, 'Go on');
  await page.waitForFunction(() =>
    /step (?:[2-9]\d\d|\d{4})/.test(document.querySelector('[data-status]')?.textContent ?? ''),
  );
  await press(page, 'Pause');
  // The step size comes one step late; then 100 steps of 1e-4 hardly move.
  const path = (await page.locator('.sides polyline.iterate').getAttribute('points'))?.split(' ') ?? [];
  const [first, last] = [path.at(-20), path.at(-1)].map((place) => place?.split(',').map(Number) ?? []);
  expect(
    Math.hypot((first?.[0] ?? NaN) - (last?.[0] ?? NaN), (first?.[1] ?? NaN) - (last?.[1] ?? NaN)),
  ).toBeLessThan(10);

  await sliderOf('Average from step').fill('0');
  const { page: other } = await isolated.open(page.url().split('/').slice(3).join('/'));
  expect(await other.getByRole('slider', { name: 'Learning rate' }).getAttribute('aria-valuetext')).toBe(
    '1e−4',
  );
  expect(await other.getByRole('slider', { name: 'Average from step' }).getAttribute('aria-valuetext')).toBe(
    '−1 (all)',
  );
  expect(await other.getByRole('radio', { name: 'cpu' }).isChecked()).toBe(true);
});

test('a trained model is exported as a checkpoint, as safetensors and as JSON', async () => {
  const { page } = await open('problem=quadratic&backend=wasm');
  await trainTo(page, 40);
  const files = new Map<string, Buffer>();
  for (const format of ['pt', 'safetensors', 'json']) {
    await page.getByLabel('Export the model as').selectOption(format);
    const downloading = page.waitForEvent('download');
    await press(page, 'Export');
    const file = await downloading;
    expect(file.suggestedFilename()).toBe(`asgd-model.${format}`);
    files.set(format, await readFile(await file.path()));
  }
  const checkpoint = await loadCheckpoint<{
    readonly average: { readonly weight: { readonly values: Float32Array } };
    readonly optimizer: {
      readonly state: ReadonlyMap<number, { readonly step: { readonly values: Float32Array } }>;
    };
  }>(files.get('pt') ?? new Uint8Array());
  expect(checkpoint.optimizer.state.get(0)?.step.values[0]).toBeGreaterThanOrEqual(40);
  const tensors = await loadCheckpoint<typeof checkpoint.average>(
    files.get('safetensors') ?? new Uint8Array(),
  );
  const plain = JSON.parse(String(files.get('json'))) as {
    readonly average: { readonly weight: { readonly values: number[] } };
  };
  expect(tensors.weight.values).toStrictEqual(checkpoint.average.weight.values);
  expect(plain.average.weight.values).toStrictEqual([...tensors.weight.values]);
});

test('a page that is not isolated has one thread, and says how many the headers would give', async () => {
  const { page } = await open('problem=quadratic&backend=wasm', site);
  const hint = page.locator('.settings .hint', { hasText: 'Cross-Origin-Embedder-Policy: require-corp' });
  const said = /would give (?:(\d) threads on|no more on) this machine/.exec(
    (await hint.textContent()) ?? '',
  );
  expect(said).not.toBeNull();
  await trainTo(page, 8);
  const capabilities = page.locator('[data-capabilities]');
  expect(await capabilities.textContent()).toContain('wasm: One thread');

  const { page: other } = await open('problem=quadratic&backend=wasm');
  await trainTo(other, 8);
  expect(await other.locator('[data-capabilities]').textContent()).toContain(
    said?.[1] === undefined ? 'wasm: One thread' : `wasm: ${said[1]} threads`,
  );
  expect(await other.getByText('Cross-Origin-Embedder-Policy').count()).toBe(0);
});

test('it works by keyboard alone', async () => {
  const { page } = await open('problem=quadratic&backend=cpu');
  await page.getByRole('radio', { name: 'Noisy quadratic' }).focus();
  const focused: string[] = [];
  for (let stop = 0; stop < 8; stop++) {
    await page.keyboard.press('Tab');
    focused.push(
      await page.evaluate(() => {
        const { id, textContent, value } = document.activeElement as HTMLInputElement;
        return [id, textContent.trim(), value].find((name) => name) ?? '';
      }),
    );
  }
  expect(focused).toStrictEqual([
    'cpu',
    'Train',
    'Copy link',
    'slider-lr',
    'slider-t0',
    'slider-lambd',
    'slider-alpha',
    'slider-weightDecay',
  ]);
  await page.locator('#slider-lr').focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('#slider-lr').getAttribute('aria-valuetext')).toBe('0.2');
  await page.getByRole('button', { name: 'Train', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.locator('[data-status]', { hasText: /step [1-9]/ }).waitFor();
});

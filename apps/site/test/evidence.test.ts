import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaseReport } from '../src/case-report.ts';
import { visitor } from './site.ts';

let site: Awaited<ReturnType<typeof visitor>>;

beforeAll(async () => {
  site = await visitor();
});
afterAll(() => site.close());

test('a report is shown whole, filtered and downloaded', async () => {
  const { page, failures } = await site.open('evidence.html');
  const list = page.locator('.case-list');
  await list.getByLabel('Backend').selectOption('webgpu, in Node');
  const downloading = page.waitForEvent('download');
  await list.getByRole('link', { name: 'Download the report' }).click();
  const text = await readFile(await (await downloading).path(), 'utf8');
  const { subject, counts, cases } = JSON.parse(text) as CaseReport;
  expect(subject).toBe('webgpu');
  const refused = cases.filter(({ outcome }) => outcome === 'not-applicable');
  expect(refused).toHaveLength(counts['not-applicable']);

  await list.getByRole('button', { name: 'Show every case' }).click();
  await list.getByText(`${cases.length} of ${cases.length} cases.`).waitFor();
  await list.getByLabel('Outcome').selectOption('not applicable');
  await list.getByText(`${refused.length} of ${cases.length} cases.`).waitFor();
  await list.getByLabel('Containing').fill('float64');
  await list.getByText('needs float64, which the backend does not declare').first().waitFor();
  const shown = await list.locator('li').count();
  await list.getByRole('button', { name: /^Show \d+ more$/ }).click();
  expect(await list.locator('li').count()).toBeGreaterThan(shown);

  await list.getByLabel('Backend').selectOption('cpu, in Node');
  await list.getByLabel('Containing').fill('hostVisible false');
  await list.getByText('not applicable: needs hostVisible false').first().waitFor();
  expect(failures).toStrictEqual([]);
});

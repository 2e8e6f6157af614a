import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { allCases } from '../src/cases/index.ts';
import { matches } from '../src/selection.ts';
import { promises } from './promises.ts';

const core = dirname(createRequire(import.meta.url).resolve('@asgd/core/package.json'));
const spec = readFileSync(join(core, 'SPEC.md'), 'utf8');
const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

/** The numbers of the sentences in SPEC.md, Kernels. */
const numbers = [...(spec.split('\n## Kernels\n')[1] ?? '').matchAll(/^(\d+)\. /gm)].map(([, digits]) =>
  Number(digits),
);

test('every promise of SPEC.md has cases, and no other has', () => {
  expect(numbers.length).toBeGreaterThan(10);
  expect(Object.keys(promises).map(Number)).toStrictEqual(numbers);
});

test('the cases are of the suite', async () => {
  const ids = (await allCases()).map(({ id }) => id);
  const patterns = Object.values(promises).flat();
  expect(patterns.filter((pattern) => !ids.some((id) => matches(pattern, id)))).toStrictEqual([]);
});

test('the README lists them', () => {
  const rows = Object.entries(promises).map(
    ([number, patterns]) => `| ${number} | ${patterns.map((pattern) => `\`${pattern}\``).join(', ')} |`,
  );
  const cells = (line: string): string => line.replaceAll(/ +/g, ' ').trim();
  expect(rows.filter((row) => !readme.split('\n').map(cells).includes(row))).toStrictEqual([]);
});

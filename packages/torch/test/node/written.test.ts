import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFiles } from '../../generate/files.ts';

const folder = join(import.meta.dirname, '..', 'fixtures', 'written');
const files = await makeFiles();

test.each([...files.keys()])('%s is what PyTorch was shown', (name) => {
  const committed = new Uint8Array(readFileSync(join(folder, name)));
  const made = files.get(name) as Uint8Array;
  expect(made.length, 'Run `npm run generate`, and then `python -m golden --check` in tools/golden.').toBe(
    committed.length,
  );
  expect(made).toStrictEqual(committed);
});

test('there are no other files', () => {
  expect(globSync('*', { cwd: folder }).toSorted()).toStrictEqual([...files.keys()].toSorted());
});

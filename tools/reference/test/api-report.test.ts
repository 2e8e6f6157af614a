import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reviewReports } from '../src/api-report.ts';
import { readPackage } from '../src/published.ts';
import { workspaceOf, writeFiles } from './fixture.ts';

const declarations = 'packages/example/dist/index.d.ts';
const step = 'export declare function step(count: number): void;\n';

test('after an update nothing is out of date', async () => {
  const { review, report } = await reportOn({ [declarations]: step });
  expect(await review('check')).toStrictEqual([
    expect.stringMatching(/example\.api\.md is missing: what @asgd\/example exports has changed\.$/),
  ]);
  expect(await review('update')).toStrictEqual([]);
  expect(await review('check')).toStrictEqual([]);
  expect(await report()).toContain('export function step(count: number): void;');
});

test('a change of the public surface is told, line by line', async () => {
  const { review, report, change } = await reportOn({ [declarations]: step });
  await review('update');
  const before = await report();
  await change({ [declarations]: step.replace('number', 'bigint') });
  const [problem = '', ...others] = await review('check');
  expect(others).toStrictEqual([]);
  expect(problem).toContain('is out of date: what @asgd/example exports has changed.');
  expect(problem).toContain('-export function step(count: number): void;');
  expect(problem).toContain('+export function step(count: bigint): void;');
  expect(await report()).toBe(before);
});

test('a change of what an export names is a change, though that is not exported', async () => {
  const names = (type: string): string =>
    `interface Hidden { readonly value: ${type} }\ndeclare const hidden: Hidden;\nexport { hidden };\n`;
  const { review, change } = await reportOn({ [declarations]: names('number') });
  await review('update');
  await change({ [declarations]: names('string') });
  expect(await review('check')).toHaveLength(1);
});

test('the hash in the name of a built file is no change, nor is a line more', async () => {
  const inPieces = (hash: string, comment: string): Record<string, string> => ({
    [declarations]: `${comment}export { S as Step } from './step-${hash}.js';\n`,
    [`packages/example/dist/step-${hash}.d.ts`]: `interface Size {}\ninterface Step { size: Size }\nexport type { Step as S };\n`,
  });
  const { review, change } = await reportOn(inPieces('KATb8q2j', ''));
  await review('update');
  await change(inPieces('C9s8XdPq', '// A comment.\n'));
  expect(await review('check')).toStrictEqual([]);
});

test('a report on an entry that is gone is told, and an update removes it', async () => {
  const { review, change } = await reportOn({ [declarations]: step });
  await review('update');
  await change({ 'packages/example/etc/example-extra.api.md': '' });
  expect(await review('check')).toStrictEqual([
    expect.stringMatching(/example-extra\.api\.md is a report on an entry that is gone\.$/),
  ]);
  expect(await review('update')).toStrictEqual([]);
  expect(await review('check')).toStrictEqual([]);
});

test('without declarations it says to build', async () => {
  const { review, folder } = await reportOn({ [declarations]: step });
  await rm(join(folder, declarations));
  expect(await review('check')).toStrictEqual([
    expect.stringMatching(/^@asgd\/example has no declarations in .*: run `npm run build`\.$/),
  ]);
});

async function reportOn(files: Readonly<Record<string, string>>): Promise<{
  readonly folder: string;
  review(mode: 'check' | 'update'): Promise<string[]>;
  report(): Promise<string>;
  change(changed: Readonly<Record<string, string>>): Promise<void>;
}> {
  const { folder } = await workspaceOf(files);
  const example = readPackage(join(folder, 'packages/example'));
  if (!example) throw new Error('The example is published.');
  return {
    folder,
    review: (mode) => reviewReports(example, mode),
    report: () => readFile(join(folder, 'packages/example/etc/example.api.md'), 'utf8'),
    change: (changed) => writeFiles(folder, changed),
  };
}

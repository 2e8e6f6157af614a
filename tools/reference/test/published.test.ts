import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publishedPackages } from '../src/published.ts';
import { workspaceOf, writeFiles } from './fixture.ts';

test('every entry of every published package has a source and a report of its own', () => {
  const entries = publishedPackages().flatMap((one) => one.entries);
  expect(entries.map(({ name }) => name)).toContain('@asgd/conformance/vitest');
  expect(entries.filter(({ source, report }) => !existsSync(source) || !existsSync(report))).toStrictEqual(
    [],
  );
  expect(new Set(entries.map(({ report }) => report)).size).toBe(entries.length);
});

test('a private package is left out', async () => {
  const { folder } = await workspaceOf({ 'packages/example/src/index.ts': '' });
  await writeFiles(folder, { 'packages/secret/package.json': '{ "name": "@asgd/secret", "private": true }' });
  expect(publishedPackages(folder).map(({ name }) => name)).toStrictEqual(['@asgd/example']);
});

test('an entry without types is refused, with what was found', async () => {
  const { folder } = await workspaceOf({ 'packages/example/src/index.ts': '' });
  const manifest = { name: '@asgd/example', exports: { './extra': { default: './dist/extra.js' } } };
  await writeFiles(folder, { 'packages/example/package.json': JSON.stringify(manifest) });
  expect(() => publishedPackages(folder)).toThrow(
    '@asgd/example exports ./extra as {"default":"./dist/extra.js"}: expected the conditions "@asgd/source" and "types".',
  );
});

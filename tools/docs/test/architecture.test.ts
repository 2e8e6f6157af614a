import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../src/workspace.ts';

const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
const core = readdirSync(join(root, 'packages/core/src'));

/** Every name of a TypeScript file that a row has. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = '']) => name);
}

function sectionOf(heading: string): string {
  return page.split('\n## ').find((section) => section.startsWith(heading)) ?? '';
}

describe('ARCHITECTURE.md', () => {
  test('names files that exist, where it gives their paths', () => {
    const paths = page.match(/packages\/[\w/-]+\.ts/g) ?? [];
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toStrictEqual([]);
  });

  test('says of every file of core what it is for', () => {
    const named = namesIn(sectionOf('What the files of core are for'));
    expect(named.toSorted()).toStrictEqual(core.filter((name) => name !== 'index.ts').toSorted());
  });

  test.each(['cpu', 'wasm', 'webgpu'])('names files of %s that exist', (backend) => {
    const rows = sectionOf('What a backend owns')
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const column = ['', 'job', 'cpu', 'wasm', 'webgpu'].indexOf(backend);
    const named = rows.flatMap((row) => namesIn(row.split('|')[column] ?? ''));
    const folders = ['src', 'assembly'].map((folder) => join(root, 'packages', backend, folder));
    const isThere = (name: string): boolean => folders.some((folder) => existsSync(join(folder, name)));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !isThere(name))).toStrictEqual([]);
  });
});

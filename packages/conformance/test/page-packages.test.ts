import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPackages, importsOf } from '../src/cli/page-packages.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'asgd-page-')));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, manifest: object): void {
  const file = join(folder, path, 'package.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(manifest));
}

const suite = 'node_modules/@asgd/conformance';
beforeAll(() => {
  write('project', {
    dependencies: { plain: '1', types: '1' },
    devDependencies: { '@asgd/wasm': '0.x', vitest: '5' },
  });
  write('node_modules/vitest', {});
  write('node_modules/plain', { main: './lib/index.js', dependencies: { deep: '1' } });
  write('node_modules/deep', { module: 'esm.js', main: 'cjs.js' });
  write('node_modules/@asgd/wasm', {
    exports: { '.': { node: './node.js', types: './index.d.ts', default: './dist/index.js' } },
  });
  write('node_modules/@asgd/core', {
    exports: { '.': './dist/index.js', './errors': { import: './dist/errors.js' } },
  });
  write('node_modules/checker', {
    exports: {
      '.': { require: './no.cjs', import: { default: './yes.js' } },
      './lib/*': './lib/*',
      './x/*.js': './y/*.js',
    },
  });
  write(suite, {
    exports: './dist/index.js',
    dependencies: { checker: '1' },
    peerDependencies: { vitest: '5' },
  });
});

test('a page can import what the modules of its folder can, and what these need', () => {
  const found = findPackages(join(folder, 'project'), join(folder, suite), []);
  expect(importsOf(found, (name) => `/packages/${name}`)).toStrictEqual({
    '@asgd/conformance': '/packages/@asgd/conformance/dist/index.js',
    '@asgd/core': '/packages/@asgd/core/dist/index.js',
    '@asgd/core/errors': '/packages/@asgd/core/dist/errors.js',
    plain: '/packages/plain/lib/index.js',
    'plain/': '/packages/plain/',
    deep: '/packages/deep/esm.js',
    'deep/': '/packages/deep/',
    '@asgd/wasm': '/packages/@asgd/wasm/dist/index.js',
    checker: '/packages/checker/yes.js',
    'checker/lib/': '/packages/checker/lib/',
  });
});

test('a package that is named is among them, and one that is not installed is not', () => {
  const found = findPackages(join(folder, 'project'), join(folder, suite), ['vitest', 'absent']);
  const names = found.map(({ name }) => name);
  expect(names).toContain('vitest');
  expect(names).not.toContain('absent');
});

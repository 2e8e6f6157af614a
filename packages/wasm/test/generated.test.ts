import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generateKernels, generateWorker } from '../generate/compile.ts';

const committed = (name: string): Promise<string> =>
  readFile(new URL(`../src/${name}.generated.ts`, import.meta.url), 'utf8');

test('the kernels in src are those of assembly, byte for byte: else `npm run generate`', async () => {
  expect(await generateKernels()).toBe(await committed('kernels'));
});

test('the worker program in src is that of worker.ts: else `npm run generate`', async () => {
  expect(await generateWorker()).toBe(await committed('worker'));
});

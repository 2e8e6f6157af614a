import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generateKernels } from '../generate/compile.ts';

test('the WebAssembly in src is that of the kernels, byte for byte: else `npm run generate`', async () => {
  const committed = await readFile(new URL('../src/wasm.generated.ts', import.meta.url), 'utf8');
  expect(await generateKernels()).toBe(committed);
});

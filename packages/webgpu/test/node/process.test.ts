import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from './program.ts';

test.for([
  ['after close()', 'close', 0, 1],
  ['without close()', 'leave', 0, 1],
  ['with work and a read under way', 'leave-work', 0, 8],
  ['by process.exit() in the middle of work', 'exit', 7, 8],
  ['by an uncaught error', 'throw', 1, 8],
  ['after its device was destroyed', 'destroy', 0, 1],
  ['after opening and closing again and again', 'reopen', 0, 1],
  ['after the garbage collector has been through', 'collect', 0, 1],
] as const)(
  'a process ends by itself, and does not crash: %s',
  async ([, way, expected, runs], { signal: limit }) => {
    // Whether a process crashes is a matter of chance: without destroyAtExit() about half of those did.
    for (let run = 0; run < runs; run++) {
      const { code, signal, output } = await runProgram('train.ts', { args: [way], limit });
      expect({ code, signal, output }).toMatchObject({ code: expected, signal: null });
      expect(output).toMatch(/^\[ 2 \]\n/);
    }
  },
);

test('without the package webgpu, the error says what to install', async ({ signal }) => {
  const hooks = join(import.meta.dirname, 'programs', 'without-webgpu.mjs');
  const { output } = await runProgram('open.ts', { flags: ['--import', hooks], limit: signal });
  expect(output).toBe(
    `UnsupportedError: Node gets WebGPU from the package 'webgpu', which did not load ` +
      `(Error: Cannot find package 'webgpu'): npm install webgpu@0.6\n`,
  );
});

test('without a driver, the error says that no adapter was found', async ({ signal }) => {
  const { output } = await runProgram('open.ts', {
    env: { VK_ICD_FILENAMES: '/no/such/driver.json' },
    limit: signal,
  });
  expect(output).toContain('UnsupportedError: WebGPU found no adapter');
});

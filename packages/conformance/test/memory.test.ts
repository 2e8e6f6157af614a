import { defineBackend, OutOfMemoryError } from '@asgd/core';
import { expect, test } from 'vitest';
import { allCases } from '../src/cases/index.ts';
import { execute, startEngine } from '../src/execute.ts';
import { plainKernels } from './kernels.ts';

/** Kernels that count allocations and have 4 GiB. */
function bounded(isFreeing: boolean): ReturnType<typeof plainKernels> {
  const kernels = plainKernels();
  let room = 2 ** 32;
  return {
    ...kernels,
    allocate(dtype, length) {
      room -= length * (dtype === 'float32' ? 4 : 8);
      if (room < 0) throw new OutOfMemoryError('4 GiB are in use.');
      return kernels.allocate(dtype, length);
    },
    free: ({ byteLength }) => {
      if (isFreeing) room += byteLength;
    },
  };
}

/** Kernels that compute sizes modulo 2^38 bytes, and place every tensor at the start of their memory. */
function wrapping(): ReturnType<typeof plainKernels> {
  const kernels = plainKernels();
  const first = kernels.allocate('float32', 1000);
  let isFirst = true;
  return {
    ...kernels,
    allocate(dtype, length) {
      if (length * 4 < 2 ** 38 && !isFirst) return kernels.allocate(dtype, length);
      isFirst = false;
      return first.fill(0).subarray(0, Math.min(length, 3));
    },
  };
}

async function outcomeOf(id: string, open: () => ReturnType<typeof plainKernels>): Promise<string> {
  const item = (await allCases()).find((one) => one.id === id);
  if (!item) throw new Error(`No case ${id}`);
  const conditions = { timeout: 600_000, seed: 1 };
  const subject = await startEngine(
    { name: 'memory', open: () => defineBackend(open()) },
    conditions.timeout,
  );
  const { error } = await execute(item, subject, conditions);
  return error?.message ?? 'passed';
}

test('forgotten gradients that are not freed are noticed', async () => {
  const id = 'lifecycle/memory/forgotten-gradients/n=110000';
  expect(await outcomeOf(id, () => bounded(false))).toMatch(/4 GiB are in use/);
  expect(await outcomeOf(id, () => bounded(true))).toBe('passed');
});

test('sizes that wrap around are noticed', async () => {
  expect(await outcomeOf('errors/memory/impossible-sizes', wrapping)).toMatch(/has changed tensors/);
  expect(await outcomeOf('errors/memory/impossible-sizes', plainKernels)).toBe('passed');
});

import { type Backend, OutOfMemoryError } from '@asgd/core';
import type { Case } from '../../case.ts';
import { lanesOf, realOf } from '../../rounding.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectThrows } from '../expect.ts';

const spec = 'Errors';

/** Sizes that no longer fit in 31 or 32 bits, in an allocator's bins, or in the exact integers of a float64. */
const limits = [2 ** 31, 2 ** 32, 2 ** 38, 2 ** 53] as const;

/** A size beyond any memory is an error. It must not wrap around, and live tensors keep their values. */
const impossible = define('errors/memory/impossible-sizes', spec, async ({ backend, open }) => {
  const dtype = anyDType(backend);
  const width = dtype === 'float32' ? 4 : 8;
  const lengths = limits.flatMap((limit) =>
    [limit / width, limit].flatMap((length) => [length - 1, length, length + 1]),
  );
  const sizes = lengths.filter(Number.isSafeInteger).map((length) => [length]);
  for (const shape of [...sizes, [65_536, 65_536, 16], [2 ** 27, 2 ** 27], [2 ** 40, 2 ** 40, 2 ** 40]]) {
    await expectRefusedOrGiven(await open(), shape);
  }
});

/** Uses a backend of its own whose memory is in use: there are gaps between live tensors. */
async function expectRefusedOrGiven(backend: Backend, shape: readonly number[]): Promise<void> {
  const dtype = anyDType(backend);
  const live = backend.parameter([1, 2, 3], { dtype });
  const gap = backend.tensor(new Float64Array(1000).fill(7), { dtype: realOf(dtype) });
  const others = [4, 5].map((value) => backend.tensor(new Float64Array(100).fill(value), { dtype }));
  gap.dispose();
  const what = `A tensor of shape [${shape.join(', ')}]`;
  try {
    backend.zeros(shape, { dtype }).dispose();
    await backend.synchronize(); // a device may report the error later
  } catch (error) {
    expect(
      error instanceof OutOfMemoryError,
      `${what} should be refused as out of memory, but ${String(error)}`,
    );
  }
  const after = [live, ...others];
  const values = await Promise.all(after.map((tensor) => tensor.read()));
  expect(
    values
      .map((read) => new Set(read))
      .map((set) => [...set].join())
      .join(';') === '1,2,3;4;5',
    `${what} has changed tensors that were there before.`,
  );
  await backend.close();
}

const complex = define('errors/memory/impossible-pairs', spec, ({ backend }) => {
  const dtype = anyDType(backend) === 'float32' ? 'complex64' : 'complex128';
  // The number of elements is a safe integer; the number of reals is not.
  const length = Math.floor(Number.MAX_SAFE_INTEGER / lanesOf(dtype)) + 1;
  expectThrows('OUT_OF_MEMORY', `A tensor of ${length} pairs`, () => backend.zeros([length], { dtype }));
});

const empty = define('errors/memory/empty-shapes', spec, ({ backend }) => {
  const huge = Number.MAX_SAFE_INTEGER;
  for (const shape of [
    [0, huge, huge],
    [huge, huge, 0],
    [...Array.from({ length: 30 }, () => huge), 0],
  ]) {
    const { length } = backend.zeros(shape, { dtype: anyDType(backend) });
    expect(length === 0, `A tensor with an extent of 0 has ${length} elements; expected none.`);
  }
});

export const memoryErrors: readonly Case[] = [impossible, complex, empty];

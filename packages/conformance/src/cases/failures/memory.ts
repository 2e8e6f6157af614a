import { AsgdError, type Backend, type Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectSame } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import { begin, lives, ramp } from './lives.ts';
import { describeFailure, errorOf } from './operations.ts';

const limit = 2 ** 22;
const needs = { failures: ['limitMemory'] } as const;

/** Live tensors keep their values when memory runs out, and freed memory can be used again, any number of times. */
const full = define(
  'failures/memory/full',
  'Kernels',
  async ({ limitMemory }) => {
    const backend = await limitMemory(limit);
    for (let round = 0; round < 3; round++) {
      const tensors = await fill(backend, limit / 16);
      expect(
        tensors.length >= 12,
        `A backend that holds ${limit} bytes held ${tensors.length} tensors of ${limit / 16}.`,
      );
      for (const [index, tensor] of tensors.entries()) tensor.write(ramp(tensor.length, index));
      await expectOutOfMemory(backend, 'One more tensor', () =>
        backend.zeros([limit / 16], { dtype: anyDType(backend) }),
      );
      for (const [index, tensor] of tensors.entries()) {
        const values = await tensor.read();
        const expected = ramp(tensor.length, index);
        expect(
          values.every((value, at) => value === expected[at]),
          `Tensor ${index} has lost its values since memory ran out.`,
        );
      }
      for (const tensor of tensors) tensor.dispose();
    }
  },
  needs,
);

/** A step, a swap and a dictionary that need memory change nothing without it, and succeed once there is some. */
const training = define(
  'failures/memory/training',
  'Averaging',
  async ({ limitMemory, open }) => {
    const length = limit / 64;
    const undisturbed = await lives.training(await open(), length);
    for (const call of undisturbed.calls) await call();
    const backend = await limitMemory(limit);
    const { calls, look } = await lives.training(backend, length);
    for (const [index, call] of calls.entries()) {
      const fillers = await fill(backend, limit / 64);
      const before = await look();
      const thrown = await errorOf(call);
      const reported = await errorOf(() => backend.synchronize());
      if (thrown === undefined && reported !== undefined) {
        // A device that finds out later has lost what it should have written.
        expectCode(reported, `Call ${index + 1} without memory`);
        return;
      }
      // Call 2 needs averages; calls 4 and 5 need a spare copy.
      if ([2, 4, 5].includes(index + 1)) expectCode(thrown, `Call ${index + 1} without memory`);
      if (thrown !== undefined) expectEqual(await look(), before, `Call ${index + 1} changed something:`);
      for (const filler of fillers) filler.dispose();
      if (thrown !== undefined) await call();
    }
    expectEqual(await look(), await undisturbed.look(), 'At the end');
    const { optimizer } = begin(backend, length);
    const dict = await optimizer.stateDict();
    const fillers = await fill(backend, limit / 64);
    expectSame(
      await errorOf(() => optimizer.loadStateDict(dict)),
      undefined,
      'What an empty dictionary needs',
    );
    for (const filler of fillers) filler.dispose();
  },
  needs,
);

/** Allocates until memory runs out: tensors of that many bytes, as long as there is room for one. */
async function fill(backend: Backend, bytes: number): Promise<Tensor[]> {
  const dtype = anyDType(backend);
  const length = bytes / (dtype === 'float32' ? 4 : 8);
  const tensors: Tensor[] = [];
  for (;;) {
    let tensor: Tensor | undefined;
    const error = await errorOf(async () => {
      tensor = backend.zeros([length], { dtype });
      await backend.synchronize();
    });
    if (error !== undefined) {
      expectCode(error, `Tensor ${tensors.length + 1} of ${bytes} bytes`);
      tensor?.dispose();
      return tensors;
    }
    if (tensor) tensors.push(tensor);
    expect(
      tensors.length * bytes < 4 * limit,
      `A backend that should hold ${limit} bytes holds four times as many.`,
    );
  }
}

async function expectOutOfMemory(backend: Backend, what: string, make: () => Tensor): Promise<void> {
  let tensor: Tensor | undefined;
  const error = await errorOf(async () => {
    tensor = make();
    await backend.synchronize();
  });
  tensor?.dispose();
  expectCode(error, what);
}

function expectCode(error: unknown, what: string): void {
  const isExpected = error instanceof AsgdError && error.code === 'OUT_OF_MEMORY';
  expect(isExpected, `${what} should be an OutOfMemoryError, but gave ${describeFailure(error)}.`);
}

export const fullMemory: readonly Case[] = [full, training];

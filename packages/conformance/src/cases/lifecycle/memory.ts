import { ASGD } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectSame } from '../expect.ts';

const spec = 'Lifetime';

// Memory that nobody can reach any more is freed, even without dispose(). These cases drop more than 4 GiB, all that 32
// bits can address, and let the event loop turn now and then, as the garbage collector needs it.

const forgottenGradients = define(
  'lifecycle/memory/forgotten-gradients/n=110000',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const length = 110_000;
    const parameter = backend.parameter(new Float64Array(length), { dtype });
    const optimizer = new ASGD([parameter], { lr: 1, lambd: 0 });
    const ones = new Float64Array(length).fill(1);
    for (let round = 0; round < 50; round++) {
      for (let index = 1; index < 200; index++) parameter.grad = backend.zeros([length], { dtype });
      parameter.grad = backend.tensor(ones, { dtype });
      optimizer.step();
      await turn();
    }
    const values = new Set(await parameter.read());
    expectSame([...values].join(), '-50', 'A parameter after 50 of 10 000 gradients of 1');
  },
);

/** A read gives the values as of the call, even if nobody holds the tensor any more. */
const forgottenWhileRead = define('lifecycle/memory/forgotten-while-read', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const reads = Array.from({ length: 100 }, (_, index) =>
    backend.tensor(new Float64Array(1000).fill(index), { dtype }).read(),
  );
  for (let index = 0; index < 100; index++) backend.tensor(new Float64Array(1000).fill(-1), { dtype });
  for (const [index, read] of reads.entries()) {
    expectSame(
      [...new Set(await read)].join(),
      String(index),
      `Tensor ${index}, forgotten while it was read,`,
    );
  }
});

/** Awaiting settled promises does not let the event loop turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

export const memory: readonly Case[] = [forgottenGradients, forgottenWhileRead];

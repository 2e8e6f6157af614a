import { AsgdError, type ASGD, type Backend, type Parameter, type RealArray } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectRejects, expectSame, expectThrows } from '../expect.ts';
import { averagedFixture } from '../fixture.ts';
import { describeFailure, errorOf } from './operations.ts';

const spec = 'Failures';
const needs = { failures: ['loseDevice'] } as const;

/** What a fixture's parameter holds after a number of steps. */
function after(steps: number): string {
  return [1, 2, 3].map((value) => value - value * steps).join();
}

/** Somebody is told. Then every call fails, or everything goes on with the right values. */
const training = define(
  'failures/loss/training',
  spec,
  async ({ backend, loseDevice }) => {
    const { parameter, optimizer } = averagedFixture(backend);
    await backend.synchronize();
    await loseDevice(backend);
    const thrown = await errorOf(() => optimizer.step());
    const told = thrown ?? (await errorOf(() => backend.synchronize()));
    expectLoss(told, 'A step after the loss');
    const steps = optimizer.state.get(parameter)?.step;
    if (thrown !== undefined) expectSame(steps, 3, 'The steps, after one that has thrown');
    const reading = await errorOf(() => parameter.read());
    if (reading === undefined) await expectGoingOn(parameter, optimizer);
    else await expectLost(backend, parameter, optimizer);
  },
  needs,
);

async function expectGoingOn(parameter: Parameter, optimizer: ASGD): Promise<void> {
  expectSame((await parameter.read()).join(), after(3), 'A parameter after a loss that left the values');
  optimizer.step();
  optimizer.step();
  expectSame((await parameter.read()).join(), after(5), 'The parameter after two more steps');
  expectSame((await optimizer.averageOf(parameter).read()).join(), '-2.5,-5,-7.5', 'Its average');
}

async function expectLost(backend: Backend, parameter: Parameter, optimizer: ASGD): Promise<void> {
  const dtype = anyDType(backend);
  for (const round of ['first', 'second']) {
    const what = (call: string): string => `${call} on a lost device, for the ${round} time`;
    expectThrows('DEVICE_LOST', what('step()'), () => optimizer.step());
    expectThrows('DEVICE_LOST', what('tensor()'), () => backend.tensor([1], { dtype }));
    expectThrows('DEVICE_LOST', what('parameter()'), () => backend.parameter([1], { dtype }));
    expectThrows('DEVICE_LOST', what('zeros()'), () => backend.zeros([1], { dtype }));
    expectThrows('DEVICE_LOST', what('write()'), () => parameter.write([1, 2, 3]));
    expectThrows('DEVICE_LOST', what('swapAverages()'), () => optimizer.swapAverages());
    expectSame(optimizer.swapped, false, 'swapped');
    expectThrows('DEVICE_LOST', what('zeroGrad()'), () => optimizer.zeroGrad({ setToNone: false }));
    await expectRejects('DEVICE_LOST', what('read()'), parameter.read());
    await expectRejects('DEVICE_LOST', what('stateDict()'), optimizer.stateDict());
    await expectRejects('DEVICE_LOST', what('synchronize()'), backend.synchronize());
  }
  expectSame(optimizer.paramGroups[0]?.lr, 0.5, 'lr, which the host has');
  optimizer.dispose();
  parameter.dispose();
}

const calls = {
  step: ({ optimizer }) => optimizer.step(),
  read: async ({ parameter }) =>
    expectSame((await parameter.read()).join(), after(3), 'A parameter that can be read'),
  write: ({ parameter }) => parameter.write([1, 2, 3]),
  swap: ({ optimizer }) => optimizer.swapAverages(),
  allocate: ({ backend }) => backend.zeros([3], { dtype: anyDType(backend) }),
  save: async ({ optimizer }) => void (await optimizer.stateDict()),
} satisfies Readonly<
  Record<string, (given: { backend: Backend; parameter: Parameter; optimizer: ASGD }) => unknown>
>;

/** Whatever comes first after the loss fails, or has done its work, and then `synchronize` tells. */
const first = Object.entries(calls).map(([name, call]) =>
  define(
    `failures/loss/first-call/${name}`,
    spec,
    async ({ backend, loseDevice }) => {
      const { parameter, optimizer } = averagedFixture(backend);
      await backend.synchronize();
      await loseDevice(backend);
      const thrown = await errorOf(() => call({ backend, parameter, optimizer }));
      expectLoss(thrown ?? (await errorOf(() => backend.synchronize())), `${name} after the loss`);
    },
    needs,
  ),
);

/** What waits at the loss gets its values, or a DeviceLostError, and nobody waits forever. */
const waiting = define(
  'failures/loss/waiting',
  spec,
  async ({ backend, loseDevice }) => {
    const { parameter, optimizer } = averagedFixture(backend);
    await backend.synchronize();
    optimizer.step();
    const reads = [parameter.read(), parameter.read()];
    const others = [optimizer.stateDict(), backend.synchronize()];
    const settled = Promise.allSettled([...reads, ...others]);
    await loseDevice(backend);
    for (const [index, result] of (await settled).entries()) {
      if (result.status === 'rejected') expectLoss(result.reason, `What waited (${index})`);
      else if (index < reads.length) {
        expectSame((result.value as RealArray).join(), after(4), 'What a read gave that waited at the loss');
      }
    }
  },
  needs,
);

/** The end is as always. */
const closing = define(
  'failures/loss/close',
  spec,
  async ({ backend, loseDevice }) => {
    const { parameter, optimizer } = averagedFixture(backend);
    await backend.synchronize();
    await loseDevice(backend);
    optimizer.dispose();
    expectSame(await errorOf(() => backend.close()), undefined, 'What close() rejects with after a loss');
    await expectRejects('CLOSED', 'read() after close()', parameter.read());
    expectThrows('CLOSED', 'zeros() after close()', () => backend.zeros([1]));
  },
  needs,
);

function expectLoss(error: unknown, what: string): void {
  expect(error !== undefined, `${what}: nobody was told of the loss.`);
  const isExpected = error instanceof AsgdError && error.code === 'DEVICE_LOST';
  expect(isExpected, `${what} should be a DeviceLostError, but gave ${describeFailure(error)}.`);
}

export const loss: readonly Case[] = [training, ...first, waiting, closing];

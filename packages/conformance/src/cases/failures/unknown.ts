import { AsgdError, type Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expect, expectSame } from '../expect.ts';
import { averagedFixture } from '../fixture.ts';
import { describeFailure, errorOf } from './operations.ts';

/**
 * A device may find out later that a step failed. Until what it should have written is written anew, every way to its
 * values is an error, also before `synchronize` has told, and through whatever is computed from it.
 */
const unknown = define(
  'failures/step/unknown-values',
  'Failures',
  async ({ backend, failNext }) => {
    const { parameter, gradient, optimizer } = averagedFixture(backend);
    const average = optimizer.averageOf(parameter);
    await backend.synchronize();
    await failNext('step', backend, 1);
    const thrown = await errorOf(() => optimizer.step());
    if (thrown !== undefined) {
      await expectKnown(parameter, '-2,-4,-6', 'The parameter, after a step that has thrown');
      await expectKnown(average, '-1.5,-3,-4.5', 'The average, after a step that has thrown');
      return;
    }
    await expectUnknown(() => parameter.read(), 'The parameter of a step that failed');
    await expectUnknown(() => average.read(), 'Its average');
    await expectUnknown(() => optimizer.stateDict(), 'stateDict() after a step that failed');
    await expectKnown(gradient, '2,4,6', 'The gradient of a step that failed');

    optimizer.step();
    await expectUnknown(() => parameter.read(), 'A parameter that a later step updated');
    parameter.write([1, 2, 3]);
    await expectKnown(parameter, '1,2,3', 'A parameter that was written since');
    await expectUnknown(() => average.read(), 'The average of a parameter that was written since');
    optimizer.swapAverages();
    await expectUnknown(() => parameter.read(), 'A parameter that was swapped with an unknown average');
    optimizer.swapAverages();
    await expectKnown(parameter, '1,2,3', 'A parameter that was swapped back');

    const reported = await errorOf(() => backend.synchronize());
    expect(
      isFailure(reported),
      `synchronize() should tell of the step, but gave ${describeFailure(reported)}.`,
    );
    expectSame(await errorOf(() => backend.synchronize()), undefined, 'What synchronize() rejects with then');
    await expectUnknown(() => average.read(), 'The average, when synchronize() has told');
  },
  { failures: ['failNext.step'] },
);

async function expectKnown(tensor: Tensor, expected: string, what: string): Promise<void> {
  expectSame((await tensor.read()).join(), expected, what);
}

async function expectUnknown(see: () => Promise<unknown>, what: string): Promise<void> {
  const error = await errorOf(see);
  expect(error !== undefined, `${what} has unknown values, but they could be read.`);
  expect(
    isFailure(error),
    `${what} should be refused with an AsgdError, but gave ${describeFailure(error)}.`,
  );
}

function isFailure(error: unknown): boolean {
  return error instanceof AsgdError;
}

export const unknownValues: readonly Case[] = [unknown];

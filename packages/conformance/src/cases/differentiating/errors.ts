import type { Parameter, Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { describe, type ErrorCode, expectRejects } from '../expect.ts';
import { expectUnchanged } from '../fixture.ts';
import { complexOf, expectDerivativesOfRun, recordedRun } from './recorded.ts';

const spec = 'Differentiating';

/** Seeds are maps from the optimizer's parameters to tensors, each of the same kind as its parameter. */
const seeds = define('errors/differentiating/seeds', spec, async ({ backend, open }) => {
  const run = recordedRun(backend);
  const { optimizer, parameters } = run;
  const [, second] = parameters;
  if (!second) throw new Error('There is no second parameter.');
  const dtype = anyDType(backend);
  const elsewhere = await open();
  const disposed = backend.zeros([2], { dtype });
  disposed.dispose();
  const stranger = backend.parameter([1, 2], { dtype });
  const wrong: readonly (readonly [
    code: ErrorCode,
    what: string,
    parameter: Parameter,
    cotangent: unknown,
  ])[] = [
    ...[null, undefined, 3, [1, 2], new Float32Array(2)].map(
      (value) => ['INVALID_ARGUMENT', describe(value), second, value] as const,
    ),
    ['INVALID_ARGUMENT', 'a parameter of another optimizer', stranger, backend.zeros([2], { dtype })],
    ['INVALID_ARGUMENT', 'text instead of a parameter', 'second' as never, backend.zeros([2], { dtype })],
    ['LENGTH', 'another length', second, backend.zeros([3], { dtype })],
    ['DTYPE', 'another dtype', second, backend.zeros([2], { dtype: complexOf(dtype) })],
    ['BACKEND_MISMATCH', 'another backend', second, elsewhere.zeros([2], { dtype: anyDType(elsewhere) })],
    ['DISPOSED', 'a disposed tensor', second, disposed],
  ];
  await expectUnchanged(optimizer, 'Differentiating with wrong seeds', async () => {
    for (const [code, what, parameter, cotangent] of wrong) {
      const cotangents = new Map([[parameter, cotangent as Tensor]]);
      for (const part of ['parameters', 'averages'] as const) {
        await expectRejects(code, `A seed of ${what} in ${part}`, optimizer.backward({ [part]: cotangents }));
      }
      await expectRejects(
        code,
        `A returned cotangent of ${what}`,
        optimizer.backward({}, () => cotangents),
      );
    }
  });
  await expectDerivativesOfRun(run, backend, 'after refused seeds');
});

/** An argument of the wrong type is an error; it does not count as a missing one. */
const kinds = define('errors/differentiating/arguments', spec, async ({ backend }) => {
  const run = recordedRun(backend);
  const { optimizer } = run;
  for (const given of [
    undefined,
    null,
    3,
    'seeds',
    { parameters: {} },
    { averages: [1, 2] },
    { parameters: 3 },
  ]) {
    const call = optimizer.backward(given as never);
    await expectRejects('INVALID_ARGUMENT', `backward(${describe(given)})`, call);
  }
  for (const through of [null, 3, 'through', {}]) {
    const call = optimizer.backward({}, through as never);
    await expectRejects('INVALID_ARGUMENT', `backward({}, ${describe(through)})`, call);
  }
  for (const result of [3, 'cotangents', {}, [1, 2]]) {
    const call = optimizer.backward({}, () => result as never);
    await expectRejects('INVALID_ARGUMENT', `The returned cotangents ${describe(result)}`, call);
  }
  await expectDerivativesOfRun(run, backend, 'after refused arguments');
});

const ended = define('errors/differentiating/ended', 'Lifetime', async ({ backend, open }) => {
  const disposed = recordedRun(backend);
  disposed.optimizer.dispose();
  await expectRejects('DISPOSED', 'backward() after dispose()', disposed.optimizer.backward(disposed.seeds));
  disposed.optimizer.clearTape();

  const other = await open();
  const closed = recordedRun(other);
  await other.close();
  await expectRejects('CLOSED', 'backward() on a closed backend', closed.optimizer.backward({}));
  closed.optimizer.clearTape();
  closed.optimizer.dispose();
});

export const differentiatingErrors: readonly Case[] = [seeds, kinds, ended];

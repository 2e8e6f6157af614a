import { ASGD, type Options } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectRejects, expectSame, expectThrows } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import { type Derivatives, differentiate, expectDerivativesOfRun, recordedRun } from './recorded.ts';

const spec = 'Differentiating';

function isZero(values: Derivatives['parameters']): boolean {
  return Object.values(values).every((each) => each.every((value) => value === 0));
}

/** Every call differentiates the steps since the last call. */
const consumed = define('differentiating/tape/is-used-once', spec, async ({ backend }) => {
  const run = recordedRun(backend);
  const { optimizer } = run;
  const first = await differentiate(run);
  expectSame(first.gradients.length, 3, 'The number of differentiated steps');
  await expectRejects('INVALID_ARGUMENT', 'Differentiating again', optimizer.backward(run.seeds));
  optimizer.step();
  const second = await differentiate(run);
  expectSame(second.gradients.length, 1, 'The number of steps since then');
});

/** A run can be differentiated in parts, with the same result: one call's derivatives are the next one's seeds. */
const inParts = define('differentiating/tape/in-parts', spec, async ({ backend }) => {
  const atOnce = await differentiate(recordedRun(backend));
  const run = recordedRun(backend, 2);
  // The first optimizer keeps the record of two steps, while another takes the third step on the same parameters.
  const second = new ASGD(run.parameters, { differentiable: true });
  second.loadStateDict(await run.optimizer.stateDict());
  second.step();
  const later = await second.backward(run.seeds);
  const before = await differentiate({ ...run, seeds: later });
  expectEqual(
    before.parameters,
    atOnce.parameters,
    'The derivatives with respect to the parameters, in parts:',
  );
  expectEqual(before.averages, atOnce.averages, 'The derivatives with respect to the averages, in parts:');
  expectEqual(
    before.gradients,
    atOnce.gradients.slice(0, 2),
    'The derivatives with respect to the earlier gradients, in parts:',
  );
});

const cleared = define('differentiating/tape/cleared', spec, async ({ backend }) => {
  const { optimizer, seeds } = recordedRun(backend);
  optimizer.clearTape();
  optimizer.clearTape();
  await expectRejects('INVALID_ARGUMENT', 'Differentiating a cleared record', optimizer.backward(seeds));
  optimizer.step();
  const { gradients } = await optimizer.backward(seeds);
  expectSame(gradients.length, 1, 'The number of differentiated steps after that');
});

/** The record holds copies, so it survives changes to parameters, gradients and options. */
const copies = define('differentiating/tape/holds-copies', spec, async ({ backend }) => {
  const run = recordedRun(backend);
  for (const parameter of run.parameters) {
    parameter.grad?.write([99, 99]);
    parameter.grad?.dispose();
    parameter.grad = null;
    parameter.write([77, 77]);
  }
  for (const group of run.optimizer.paramGroups) {
    Object.assign(group, { lambd: 9, weightDecay: 9, maximize: true, differentiable: false, lr: 9 });
  }
  run.optimizer.swapAverages();
  await expectDerivativesOfRun(run, backend, 'of a run after everything was overwritten');
});

const loading = define('differentiating/tape/forgotten-when-loading', spec, async ({ backend }) => {
  const run = recordedRun(backend);
  const { optimizer, seeds } = run;
  const dict = await optimizer.stateDict();
  expectThrows('STATE_DICT', 'Loading what does not fit', () =>
    optimizer.loadStateDict({ state: {}, paramGroups: [] }),
  );
  await expectDerivativesOfRun(run, backend, 'after failed loading');
  optimizer.step();
  optimizer.loadStateDict(dict);
  await expectRejects('INVALID_ARGUMENT', 'Differentiating after loading', optimizer.backward(seeds));
});

/** A failed call to backward() can be repeated. */
const failures = define('differentiating/tape/kept-by-failures', spec, async ({ backend }) => {
  const run = recordedRun(backend);
  const { optimizer, seeds, parameters } = run;
  const [first] = parameters;
  if (!first) throw new Error('There is no parameter.');
  const failure = new Error('The Hessian could not be computed.');
  const failing = [
    (): never => {
      throw failure;
    },
    async (): Promise<never> => {
      await Promise.resolve();
      throw failure;
    },
  ];
  for (const fail of failing) {
    const rejected: unknown = await optimizer.backward(seeds, fail).then(
      () => undefined,
      (error: unknown) => error,
    );
    expectSame(rejected, failure, 'What backward() rejected with');
  }
  const short = backend.zeros([1], { dtype: first.dtype });
  const wrong = { parameters: new Map([[first, short]]) };
  await expectRejects('LENGTH', 'A shorter seed', optimizer.backward(wrong));
  const misleading = optimizer.backward(seeds, () => wrong.parameters);
  await expectRejects('LENGTH', 'A shorter returned cotangent', misleading);
  expectSame(short.disposed, false, 'Whether a refused tensor was disposed');
  await expectDerivativesOfRun(run, backend, 'after failed calls');
});

/** A step leaves no record if it fails, if no parameter takes part, or if its group is not differentiable. */
const unrecorded = define('differentiating/tape/what-is-not-recorded', spec, async ({ backend }) => {
  const run = recordedRun(backend, 0);
  const { optimizer, parameters } = run;
  const [group] = optimizer.paramGroups;
  if (!group) throw new Error('The optimizer has no group.');
  const nothing = async (what: string): Promise<void> =>
    expectRejects('INVALID_ARGUMENT', `Differentiating ${what}`, optimizer.backward(run.seeds));
  await nothing('before any step');
  group.lambd = -1;
  expectThrows('INVALID_OPTION', 'A step with an invalid option', () => optimizer.step());
  group.lambd = 0.5;
  await nothing('a step that failed');
  const gradients = parameters.map(({ grad }) => grad);
  optimizer.zeroGrad();
  optimizer.step();
  await nothing('a step without gradients');
  parameters.forEach((parameter, index) => (parameter.grad = gradients[index] ?? null));
  group.differentiable = false;
  optimizer.step();
  await nothing('a step that was not recorded');
  group.differentiable = true;
  optimizer.step();
  expectSame((await optimizer.backward(run.seeds)).gradients.length, 1, 'The number of recorded steps');
});

/** The derivatives belong to the caller: neither later calls nor dispose() change them. */
const owned = define('differentiating/tape/results-are-the-callers', spec, async ({ backend }) => {
  const { optimizer, seeds, parameters } = recordedRun(backend);
  const result = await optimizer.backward(seeds);
  const maps = [result.parameters, result.averages, ...result.gradients];
  const tensors = maps.flatMap((map) => [...map.values()]);
  const read = async (): Promise<string> =>
    (await Promise.all(tensors.map((tensor) => tensor.read()))).join(';');
  const before = await read();
  optimizer.step();
  await optimizer.backward(seeds);
  optimizer.dispose();
  expectSame(await read(), before, 'The derivatives after another run and dispose()');
  for (const [parameter, tensor] of result.parameters) {
    expectSame(
      parameters.includes(parameter),
      true,
      'Whether the derivative belongs to a parameter of the optimizer',
    );
    expectSame(tensor.dtype, parameter.dtype, 'The dtype of a derivative');
    expectSame(tensor.shape.join(), parameter.shape.join(), 'The shape of a derivative');
  }
  for (const tensor of tensors) tensor.dispose();
});

/** Without a loss every derivative is zero, and everything that was recorded has one. */
const seedless = define('differentiating/tape/without-seeds', spec, async ({ backend }) => {
  const run = recordedRun(backend);
  const { parameters, averages, gradients, options } = await differentiate({ ...run, seeds: {} });
  const plain = [parameters, averages, ...gradients];
  expectEqual(
    plain.map((each) => Object.keys(each).length),
    plain.map(() => 2),
    'The number of derivatives:',
  );
  expectSame(plain.every(isZero), true, 'Whether all of them are zero');
  const { lr = NaN, lambd = NaN, weightDecay = NaN } = options[0] ?? {};
  expectSame(
    lr === 0 && lambd === 0 && weightDecay === 0,
    true,
    'Whether the derivatives with respect to the options are zero',
  );
});

/** A schedule that the host computes is recorded, even if a device could compute it. `lr` is that of the run. */
const scheduled = define(
  'differentiating/tape/schedule-on-tensors',
  spec,
  async ({ backend }) => {
    const lr = backend.tensor([0.5], { dtype: anyDType(backend) });
    for (const options of [{ capturable: true }, { lr }] satisfies readonly Partial<Options>[]) {
      const run = recordedRun(backend, 3, options);
      await expectDerivativesOfRun(run, backend, `with ${Object.keys(options).join()}`);
    }
  },
  { hostVisible: true },
);

export const tape: readonly Case[] = [
  consumed,
  inParts,
  cleared,
  copies,
  loading,
  failures,
  unrecorded,
  owned,
  seedless,
  scheduled,
];

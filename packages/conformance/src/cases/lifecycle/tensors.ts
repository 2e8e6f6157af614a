import { ASGD, type DType } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectBits, expectSame } from '../expect.ts';

const spec = 'Tensors';

const forms = define('lifecycle/tensors/forms', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const complex: DType = dtype === 'float32' ? 'complex64' : 'complex128';
  const matrix = backend.tensor([1, 2, 3, 4, 5, 6], { dtype, shape: [2, 3] });
  expectSame(matrix.shape.join(), '2,3', 'The shape of a matrix');
  expectSame(matrix.length, 6, 'The length of a matrix');
  const scalar = backend.tensor(7, { dtype });
  expectSame(scalar.shape.length, 0, 'The dimensions of a single number');
  expectSame(scalar.length, 1, 'The length of a single number');
  expectSame((await scalar.read()).join(), '7', 'A single number');
  const pairs = backend.tensor([1, 2, 3, 4], { dtype: complex });
  expectSame(pairs.length, 2, 'The length of a complex tensor of four numbers');
  expectSame((await pairs.read()).join(), '1,2,3,4', 'Its values, re and im in turn');
  const zeros = backend.zeros([2, 2], { dtype });
  expectSame((await zeros.read()).join(), '0,0,0,0', 'Zeros');
  expectSame(backend.parameter([1], { dtype, name: 'weight' }).name, 'weight', 'The name of a parameter');
  expectSame(backend.parameter([1], { dtype }).name, undefined, 'The name of an unnamed parameter');
  expectSame(backend.parameter([1], { dtype }).grad, null, 'The gradient of a new parameter');
  expectSame(matrix.backend, backend, 'The backend of a tensor');
});

const defaults = define(
  'lifecycle/tensors/default-dtypes',
  spec,
  ({ backend }) => {
    expectSame(backend.tensor([1]).dtype, 'float32', 'The dtype of an array of numbers');
    expectSame(backend.tensor(1).dtype, 'float32', 'The dtype of a number');
    expectSame(backend.tensor(new Float32Array(1)).dtype, 'float32', 'The dtype of a Float32Array');
    expectSame(backend.tensor(new Int32Array(1)).dtype, 'float32', 'The dtype of an Int32Array');
    expectSame(backend.tensor(new Float64Array(1)).dtype, 'float64', 'The dtype of a Float64Array');
    expectSame(backend.zeros([1]).dtype, 'float32', 'The dtype of zeros');
  },
  { dtypes: ['float32', 'float64'] },
);

/** `tensor`, `parameter` and `write` copy the given values at once. */
const copies = define('lifecycle/tensors/values-are-copied-in', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const values = dtype === 'float32' ? Float32Array.of(1, 2, 3) : Float64Array.of(1, 2, 3);
  const tensor = backend.tensor(values, { dtype });
  const parameter = backend.parameter(values, { dtype });
  const written = backend.zeros([3], { dtype });
  written.write(values);
  values.fill(9);
  for (const copy of [tensor, parameter, written]) expectSame((await copy.read()).join(), '1,2,3', 'A copy');
});

/** A read gives the values as of the call, whatever happens before its promise is awaited. */
const snapshots = define('lifecycle/tensors/reads-are-snapshots', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1, 2, 3], { dtype });
  parameter.grad = backend.tensor([1, 1, 1], { dtype });
  const optimizer = new ASGD([parameter], { lr: 1, lambd: 0 });
  const reads = [parameter.read()];
  optimizer.step();
  reads.push(parameter.read());
  parameter.write([7, 7, 7]);
  reads.push(parameter.read());
  optimizer.step();
  reads.push(parameter.read());
  parameter.dispose();
  const [first, second, third, fourth] = await Promise.all(reads);
  expectSame(first?.join(), '1,2,3', 'What was read at first');
  expectSame(second?.join(), '0,1,2', 'What was read after a step');
  expectSame(third?.join(), '7,7,7', 'What was read after a write');
  expectSame(fourth?.join(), '6,6,6', 'What was read after another step, and before dispose()');
});

const fresh = define('lifecycle/tensors/reads-are-copies', spec, async ({ backend }) => {
  const tensor = backend.tensor([1, 2, 3], { dtype: anyDType(backend) });
  const [first, second] = await Promise.all([tensor.read(), tensor.read()]);
  first.fill(9);
  expectSame(second.join(), '1,2,3', 'Another read');
  expectSame((await tensor.read()).join(), '1,2,3', 'A later read');
});

/** A step uses the gradients as of its call. Later writes count for the next step. */
const queued = define('lifecycle/tensors/writes-follow-steps', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0], { dtype });
  const gradient = backend.tensor([1], { dtype });
  parameter.grad = gradient;
  const optimizer = new ASGD([parameter], { lr: 1, lambd: 0 });
  for (const value of [2, 4, 8]) {
    optimizer.step();
    gradient.write([value]);
  }
  optimizer.step();
  gradient.dispose();
  expectSame((await parameter.read()).join(), '-15', 'The parameter after gradients of 1, 2, 4 and 8');
});

/** Freed memory may be reused. The new tensor must hold zeros, and the old one must not see it. */
const reused = define('lifecycle/tensors/new-memory-is-zero', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  for (let round = 0; round < 4; round++) {
    const full = backend.tensor(new Float32Array(64).fill(7), { dtype });
    const kept = backend.tensor(new Float32Array(64).fill(round), { dtype });
    full.dispose();
    const empty = backend.zeros([64], { dtype });
    expect(
      (await empty.read()).every((value) => Object.is(value, 0)),
      'A new tensor of zeros holds other values.',
    );
    empty.write(new Float32Array(64).fill(5));
    expect(
      (await kept.read()).every((value) => value === round),
      'A tensor changed when another was written.',
    );
  }
});

/** Memory that grows may move. Older tensors must still be found. */
const growth = define('lifecycle/tensors/survive-growing-memory', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1, 2, 3], { dtype });
  const gradient = backend.tensor([1, 1, 1], { dtype });
  parameter.grad = gradient;
  const optimizer = new ASGD([parameter], { lr: 1, lambd: 0, t0: -1 });
  const read = async (): Promise<string> => (await parameter.read()).join();
  optimizer.step();
  for (let megabyte = 1; megabyte <= 4; megabyte++) {
    const large = backend.tensor(new Float32Array(2 ** 18).fill(megabyte), { dtype });
    optimizer.step();
    expectSame(
      (await large.read()).every((value) => value === megabyte),
      true,
      'Whether a large tensor is intact',
    );
  }
  expectSame(await read(), '-4,-3,-2', 'The parameter after five steps, and a megabyte more before each');
  expectSame((await gradient.read()).join(), '1,1,1', 'Its gradient');
  gradient.write([3, 2, 1]);
  optimizer.step();
  expectSame(await read(), '-7,-5,-3', 'The parameter after a step with another gradient');
  optimizer.withAverages(() => parameter.write([7, 7, 7]));
  expectSame(await read(), '-7,-5,-3', 'The parameter after its average was written');
});

const views = define(
  'lifecycle/tensors/views-are-live',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const parameter = backend.parameter([1, 2, 3], { dtype });
    parameter.grad = backend.tensor([1, 1, 1], { dtype });
    const optimizer = new ASGD([parameter], { lr: 1, lambd: 0 });
    parameter.view()[0] = 5;
    expectSame((await parameter.read()).join(), '5,2,3', 'Values written through a view');
    optimizer.step();
    await backend.synchronize();
    expectSame(parameter.view().join(), '4,1,2', 'A view after a step');
    expectBits(parameter.view(), await parameter.read(), 'A view');
    expectSame(parameter.view().length, 3, 'The length of a view');
  },
  { hostVisible: true },
);

const zeroed = define('lifecycle/tensors/zero-grad', 'Gradients', async ({ backend }) => {
  const dtype = anyDType(backend);
  const complex: DType = dtype === 'float32' ? 'complex64' : 'complex128';
  const [real, pair, none] = [
    backend.parameter([1, 2], { dtype }),
    backend.parameter([1, 2], { dtype: complex }),
    backend.parameter([1], { dtype }),
  ];
  const [g, h] = [backend.tensor([3, 4], { dtype }), backend.tensor([3, 4], { dtype: complex })];
  real.grad = g;
  pair.grad = h;
  const optimizer = new ASGD([real, pair, none]);
  optimizer.zeroGrad({ setToNone: false });
  expectSame(real.grad, g, 'The gradient after zeroGrad({ setToNone: false })');
  expectSame((await g.read()).join(), '0,0', 'Its values');
  expectSame((await h.read()).join(), '0,0', 'The values of a complex gradient');
  g.write([3, 4]);
  optimizer.zeroGrad();
  expectSame(real.grad, null, 'The gradient after zeroGrad()');
  expectSame((await g.read()).join(), '3,4', 'The values of the former gradient');
  expectSame(g.disposed, false, 'Whether it was disposed');
});

export const tensors: readonly Case[] = [
  forms,
  defaults,
  copies,
  snapshots,
  fresh,
  queued,
  reused,
  growth,
  views,
  zeroed,
];

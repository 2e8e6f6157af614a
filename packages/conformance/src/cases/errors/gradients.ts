import { ASGD, type DType, type Parameter, type Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { describe, type ErrorCode, expectSame, expectThrows } from '../expect.ts';
import { averagedFixture, expectUnchanged } from '../fixture.ts';

const spec = 'Gradients';

/** Fails unless the gradient is refused and the one before it stays. */
function expectRefused(code: ErrorCode, what: string, parameter: Parameter, grad: unknown): void {
  const before = parameter.grad;
  expectThrows(code, what, () => {
    parameter.grad = grad as Tensor;
  });
  expectSame(parameter.grad, before, `The gradient after ${what} was refused`);
}

const refused = define('errors/gradients/refused', spec, async ({ backend, open }) => {
  const { parameter, optimizer } = averagedFixture(backend);
  const dtype = anyDType(backend);
  const elsewhere = await open();
  const disposed = backend.tensor([1, 2, 3], { dtype });
  disposed.dispose();
  await expectUnchanged(optimizer, 'Setting invalid gradients', () => {
    for (const grad of [undefined, 3, 'g', {}, [1, 2, 3], new Float32Array(3), Promise.resolve(null)]) {
      expectRefused('INVALID_ARGUMENT', `the gradient ${describe(grad)}`, parameter, grad);
    }
    expectRefused('INVALID_ARGUMENT', 'the parameter as its own gradient', parameter, parameter);
    expectRefused('LENGTH', 'a shorter gradient', parameter, backend.tensor([1, 2], { dtype }));
    expectRefused('LENGTH', 'a longer gradient', parameter, backend.zeros([4], { dtype }));
    expectRefused('DISPOSED', 'a disposed gradient', parameter, disposed);
    expectRefused(
      'BACKEND_MISMATCH',
      'a gradient of another backend',
      parameter,
      elsewhere.zeros([3], { dtype }),
    );
  });
});

/** Libraries represent a sparse gradient by indices and values. */
const sparse = define('errors/gradients/sparse', spec, ({ backend }) => {
  const { parameter } = averagedFixture(backend);
  const grad = { indices: new Int32Array([0]), values: new Float32Array([1]), shape: [3] };
  expectRefused('UNSUPPORTED', 'a sparse gradient', parameter, grad);
});

const kinds = define('errors/gradients/dtype', spec, ({ backend }) => {
  const real = anyDType(backend);
  const complex: DType = real === 'float32' ? 'complex64' : 'complex128';
  const parameter = backend.parameter([1, 2], { dtype: real });
  expectRefused(
    'DTYPE',
    'a complex gradient of a real parameter',
    parameter,
    backend.zeros([2], { dtype: complex }),
  );
  expectRefused(
    'DTYPE',
    'a complex gradient with as many reals',
    parameter,
    backend.zeros([1], { dtype: complex }),
  );
  const pair = backend.parameter([1, 2], { dtype: complex });
  expectRefused('DTYPE', 'a real gradient of a complex parameter', pair, backend.zeros([2], { dtype: real }));
});

const precisions = define(
  'errors/gradients/precision',
  spec,
  ({ backend }) => {
    const single = backend.parameter([1], { dtype: 'float32' });
    const double = backend.parameter([1], { dtype: 'float64' });
    expectRefused('DTYPE', 'a float64 gradient of a float32 parameter', single, double);
    expectRefused('DTYPE', 'a float32 gradient of a float64 parameter', double, single);
  },
  { dtypes: ['float32', 'float64'] },
);

/** As in PyTorch: the same number of elements in another shape is an error. */
const shapes = define('errors/gradients/shape', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const shaped = (shape: readonly number[], of: number): Parameter => {
    const parameter = backend.parameter(new Float32Array(of), { dtype, shape });
    parameter.grad = backend.zeros(shape, { dtype });
    return parameter;
  };
  for (const [shape, others] of [
    [
      [2, 2],
      [[4], [4, 1], [2, 2, 1]],
    ],
    [
      [2],
      [
        [2, 1],
        [1, 2],
      ],
    ],
    [[1], [[], [1, 1]]],
    [[], [[1]]],
    [
      [0, 3],
      [[0], [3, 0]],
    ],
  ] as const) {
    const parameter = shaped(
      shape,
      shape.reduce<number>((size, extent) => size * extent, 1),
    );
    for (const other of others) {
      const what = `a gradient [${other.join()}] of a parameter [${shape.join()}]`;
      expectRefused('INVALID_ARGUMENT', what, parameter, backend.zeros(other, { dtype }));
    }
  }
});

/**
 * If a step also updated a gradient, as another parameter, the order of the list would decide whether the gradient is
 * read before or after. A gradient that the step does not update is a tensor like any other.
 */
const updated = define('errors/gradients/updated-in-the-same-step', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const [first, second] = [backend.parameter([1], { dtype }), backend.parameter([2], { dtype })];
  const options = { lr: 1, lambd: 0 };
  for (const params of [
    [first, second],
    [second, first],
  ]) {
    for (const groups of [[{ params }], params.map((parameter) => ({ params: parameter }))]) {
      const optimizer = new ASGD(groups, options);
      first.grad = backend.tensor([4], { dtype });
      second.grad = first;
      await expectUnchanged(optimizer, 'A step with a gradient that it updates', () =>
        expectThrows('INVALID_ARGUMENT', 'A step with a gradient that it updates', () => optimizer.step()),
      );
      first.grad = null;
      second.write([2]);
      optimizer.step();
      expectSame(
        (await second.read()).join(),
        '1',
        'A parameter whose gradient is a parameter that the step does not update',
      );
    }
  }
});

/** A gradient may be a tensor or another parameter of the same shape. */
const accepted = define('errors/gradients/accepted', spec, ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1, 2, 3, 4], { dtype, shape: [2, 2] });
  const shape = [2, 2];
  for (const grad of [
    backend.zeros(shape, { dtype }),
    backend.parameter([1, 2, 3, 4], { dtype, shape }),
    null,
  ]) {
    parameter.grad = grad;
    expectSame(parameter.grad, grad, 'The gradient that was set');
  }
});

export const gradientErrors: readonly Case[] = [
  refused,
  sparse,
  kinds,
  precisions,
  shapes,
  updated,
  accepted,
];

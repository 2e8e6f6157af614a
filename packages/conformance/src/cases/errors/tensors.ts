import { AsgdError, type DType } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { describe, expect, expectBits, expectSame, expectThrows } from '../expect.ts';

const spec = 'Tensors';

const values = define('errors/tensors/values', spec, ({ backend }) => {
  const dtype = anyDType(backend);
  for (const given of [
    'abc',
    null,
    {},
    [1, '2'],
    [1, undefined],
    Object.assign([1, 2], { length: 3 }), // a hole at the end
    [[1, 2]],
    [1n],
    new BigInt64Array(1),
    new Map(),
  ]) {
    const what = `The values ${describe(given)}`;
    expectThrows('INVALID_ARGUMENT', what, () => backend.tensor(given as never, { dtype }));
    expectThrows('INVALID_ARGUMENT', what, () => backend.parameter(given as never, { dtype }));
  }
});

const shapes = define('errors/tensors/shape', spec, ({ backend }) => {
  const dtype = anyDType(backend);
  for (const shape of [
    [-1],
    [1.5],
    [Number.NaN],
    [Infinity],
    ['1'],
    1,
    'three',
    [Symbol('one')],
    Object.assign([1], { length: 2 }),
  ]) {
    const what = `The shape ${describe(shape)}`;
    expectThrows('INVALID_ARGUMENT', what, () => backend.tensor([1], { dtype, shape: shape as never }));
    expectThrows('INVALID_ARGUMENT', what, () => backend.zeros(shape as never, { dtype }));
  }
});

const lengths = define('errors/tensors/length', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  for (const shape of [[], [2], [4], [2, 2], [0]]) {
    expectThrows('LENGTH', `Three values in shape [${shape.join()}]`, () =>
      backend.tensor([1, 2, 3], { dtype, shape }),
    );
  }
  const tensor = backend.tensor([1, 2, 3], { dtype });
  const before = await tensor.read();
  for (const given of [[], [1, 2], [1, 2, 3, 4]]) {
    expectThrows('LENGTH', `Writing ${given.length} values over three`, () => tensor.write(given));
  }
  expectThrows('INVALID_ARGUMENT', 'Writing text', () => tensor.write('abc' as never));
  expectThrows('INVALID_ARGUMENT', 'Writing an array with text in it', () =>
    tensor.write([7, 8, '9'] as never),
  );
  expectBits(await tensor.read(), before, 'A tensor after failed writes');
});

const pairs = define('errors/tensors/complex-length', spec, ({ backend }) => {
  const dtype: DType = anyDType(backend) === 'float32' ? 'complex64' : 'complex128';
  expectThrows('LENGTH', 'Three numbers for complex elements', () => backend.tensor([1, 2, 3], { dtype }));
  expectThrows('LENGTH', 'Two elements for a shape of one', () =>
    backend.tensor([1, 2, 3, 4], { dtype, shape: [1] }),
  );
  expectThrows('LENGTH', 'A single number for a complex element', () => backend.tensor(1, { dtype }));
});

const dtypes = define('errors/tensors/dtype', spec, ({ backend }) => {
  for (const dtype of ['float16', 'int32', '', 'toString', 32]) {
    const what = `The dtype ${describe(dtype)}`;
    expectThrows('DTYPE', what, () => backend.tensor([1, 2], { dtype: dtype as never }));
    expectThrows('DTYPE', what, () => backend.zeros([2], { dtype: dtype as never }));
  }
  const { dtypes: declared } = backend.capabilities;
  const undeclared: readonly DType[] = [
    ...(declared.includes('float32') ? [] : (['float32', 'complex64'] as const)),
    ...(declared.includes('float64') ? [] : (['float64', 'complex128'] as const)),
  ];
  for (const dtype of undeclared) {
    expectThrows('DTYPE', `${dtype}, which is not declared`, () => backend.tensor([1, 2], { dtype }));
  }
});

const views = define('errors/tensors/view', spec, ({ backend }) => {
  const tensor = backend.tensor([1], { dtype: anyDType(backend) });
  if (backend.capabilities.hostVisible) expectSame(tensor.view().join(), '1', 'What view() shows');
  else expectThrows('UNSUPPORTED', 'view() of device memory', () => tensor.view());
});

/** Memory of numbers that are not a dtype's is not wrapped, and neither is anything that is no memory at all. */
const wrapped = define('errors/tensors/wrap', spec, ({ backend }) => {
  for (const source of [
    new Int32Array(4),
    new Uint8Array(8),
    new BigInt64Array(1),
    [1, 2],
    null,
    'memory',
    {},
  ]) {
    let thrown: unknown;
    try {
      backend.wrap(source);
    } catch (error) {
      thrown = error;
    }
    expect(
      thrown instanceof AsgdError,
      `wrap() of ${describe(source)}: expected an AsgdError, got ${thrown === undefined ? 'nothing' : describe(thrown)}.`,
    );
  }
});

export const tensorErrors: readonly Case[] = [values, shapes, lengths, pairs, dtypes, views, wrapped];

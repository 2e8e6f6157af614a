import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { afterAll, describe, expect, test } from 'vitest';
import {
  loadCheckpoint,
  loadParameters,
  moduleVersions,
  saveCheckpoint,
  saveParameters,
  type TorchTensor,
} from '../src/index.ts';
import { fixture } from './fixture.ts';

const backend = await cpu();
afterAll(() => backend.close());

type State = Record<string, TorchTensor>;

const wrapped = await loadCheckpoint<Record<string, State>>(await fixture('wrapped.pt'));
const trained = ['fc.weight', 'fc.bias', 'bn.weight', 'bn.bias'];
const buffers = ['bn.running_mean', 'bn.running_var'];
const isFloat = (name: string): boolean => !name.endsWith('num_batches_tracked');

describe.each(Object.entries(wrapped))('the state dictionary of a module: %s', (_, state) => {
  test('gives parameters by the names of the module', () => {
    const parameters = loadParameters(state, backend, { only: isFloat });
    expect(Object.keys(parameters)).toStrictEqual([...trained, ...buffers]);
    expect(parameters['fc.weight']).toMatchObject({ dtype: 'float32', shape: [3, 2], name: 'fc.weight' });
    expect(parameters['bn.bias']?.view()).toStrictEqual(Float32Array.of(30, 31, 32));
  });

  test('gives only the named ones', () => {
    const { 'fc.bias': bias } = loadParameters(state, backend, { only: ['fc.bias'] });
    expect(bias.view()).toStrictEqual(Float32Array.of(10, 11, 12));
  });

  test('comes back in its own form with the new values', async () => {
    const parameters = loadParameters(state, backend, { only: ['fc.bias', 'bn.weight'] });
    parameters['fc.bias'].write([7, 8, 9]);
    const saved = await saveParameters(parameters, { like: state });
    const key = Object.keys(state).find((name) => name.endsWith('fc.bias')) ?? '';
    expect(saved).toStrictEqual({
      ...state,
      [key]: { dtype: 'float32', shape: [3], values: Float32Array.of(7, 8, 9) },
    });
    expect(Reflect.get(saved, moduleVersions)).toBe(Reflect.get(state, moduleVersions));
    expect(await loadCheckpoint(await saveCheckpoint(saved))).toStrictEqual(saved);
  });
});

const half = (dtype: 'float16' | 'bfloat16', ...values: number[]): TorchTensor => ({
  dtype,
  shape: [values.length],
  values: Float32Array.from(values),
});

test('16-bit floats are trained as float32 and go back rounded', async () => {
  const like = { a: half('float16', 1, 2), b: half('bfloat16', 3) };
  const { a, b } = loadParameters(like, backend, { only: ['a', 'b'] });
  expect([a.dtype, b.dtype]).toStrictEqual(['float32', 'float32']);
  a.write([1 + 2 ** -11, 1 + 3 * 2 ** -11]);
  b.write([1 + 2 ** -8 + 2 ** -20]);
  expect(await saveParameters({ a, b }, { like })).toStrictEqual({
    a: half('float16', 1, 1 + 2 ** -9),
    b: half('bfloat16', 1 + 2 ** -7),
  });
});

test('float64 is rounded to 16 bits once', async () => {
  const like = { a: half('float16', 1, 1, 1, 1, 1) };
  const { a } = loadParameters(like, backend, { only: ['a'], dtype: 'float64' });
  // A little above a tie, below it, and on it. Through float32, the first two would become ties.
  const tie = 1 + 2 ** -11;
  a.write([tie + 2 ** -40, -(1 + 3 * 2 ** -11 - 2 ** -40), tie, 2 ** -25 + 2 ** -60, 1e300]);
  expect(await saveParameters({ a }, { like })).toStrictEqual({
    a: half('float16', 1 + 2 ** -10, -(1 + 2 ** -10), 1, 2 ** -24, Infinity),
  });
});

test('a chosen dtype', () => {
  const state = { a: { dtype: 'float64', shape: [1], values: Float64Array.of(0.1) } };
  expect(loadParameters(state, backend, { dtype: 'float32' })['a']?.view()).toStrictEqual(
    Float32Array.of(0.1),
  );
});

test('tied weights are one parameter, trained once and saved tied', async () => {
  const state = await loadCheckpoint<State>(await fixture('sharing.pt'));
  const parameters = loadParameters(state, backend, {
    only: ['encoder.weight', 'decoder.weight', 'base', 'view'],
  });
  expect(parameters['encoder.weight']).toBe(parameters['decoder.weight']);
  // The same values in another shape are another parameter.
  expect(parameters['view']).not.toBe(parameters['base']);
  const optimizer = new ASGD(new Set(Object.values(parameters)));
  expect(optimizer.paramGroups[0]?.params).toHaveLength(3);
  const saved = await saveParameters(parameters, { like: state });
  expect(saved['encoder.weight']).toBe(saved['decoder.weight']);
});

test('without a model, names and dtypes are the tensors’ own', async () => {
  const tensors = {
    w: backend.tensor([1, 2, 3, 4], { dtype: 'complex64', shape: [2] }),
    s: backend.tensor(1),
  };
  expect(await saveParameters(tensors)).toStrictEqual({
    w: { dtype: 'complex64', shape: [2], values: Float32Array.of(1, 2, 3, 4) },
    s: { dtype: 'float32', shape: [], values: Float32Array.of(1) },
  });
});

test('values are as of the call', async () => {
  const w = backend.parameter([1]);
  const saved = saveParameters({ w });
  w.write([2]);
  expect((await saved)['w']?.values).toStrictEqual(Float32Array.of(1));
});

test('a prefix that not all names have is a name', () => {
  const one = half('float16', 1);
  expect(Object.keys(loadParameters({ 'module.a': one, b: one }, backend))).toStrictEqual(['module.a', 'b']);
  expect(Object.keys(loadParameters({ n_averaged: one, b: one }, backend))).toStrictEqual([
    'n_averaged',
    'b',
  ]);
  expect(Object.keys(loadParameters({}, backend))).toStrictEqual([]);
});

describe('an error says', () => {
  const plain = wrapped['plain'] ?? {};
  test.each([
    [
      'which tensors no backend has',
      () => loadParameters(plain, backend),
      /'bn\.num_batches_tracked' \(int64\).*only/,
    ],
    [
      'which name is missing',
      () => loadParameters(plain, backend, { only: ['fc'] }),
      /no tensor 'fc': it has fc\.weight/,
    ],
    [
      'that this is a checkpoint',
      () => loadParameters({ model: plain }, backend),
      /'model' of the state dictionary is not a tensor.*checkpoint\.model/,
    ],
    ['that this is nothing', () => loadParameters(undefined, backend), /object of tensors/],
    ['that this is a tensor', () => loadParameters(plain['fc.bias'], backend), /object of tensors/],
  ])('%s', (_, load, message) => {
    expect(load).toThrow(message);
  });

  test('that names and shapes do not fit', async () => {
    const w = backend.parameter([1, 2]);
    await expect(saveParameters({ w }, { like: plain })).rejects.toThrow(
      /'w' is parameter float32\[2\].*no tensor of that name/,
    );
    await expect(saveParameters({ 'fc.bias': w }, { like: plain })).rejects.toThrow(/float32\[3\] there/);
  });
});

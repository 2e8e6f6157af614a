import { describe, expect, test } from 'vitest';
import {
  Complex,
  DTypeObject,
  loadCheckpoint,
  saveCheckpoint,
  type SaveOptions,
  streamCheckpoint,
  type TorchTensor,
} from '../src/index.ts';
import { join } from './archive.ts';
import { fixture } from './fixture.ts';

const tensor = (values: Float32Array, shape: readonly number[] = [values.length]): TorchTensor => ({
  dtype: 'float32',
  shape,
  values,
});

async function throughFile(value: unknown, options?: SaveOptions): Promise<unknown> {
  return loadCheckpoint<never>(await saveCheckpoint(value, options));
}

const everything = {
  leaves: [null, true, false, 0, -0, 255, 256, -1, 2 ** 31, -(2 ** 40), 1.5, NaN, -Infinity, 1e300],
  integers: [2n ** 53n, -(2n ** 64n), 127n ** 30n, -2097152n, -(2n ** 63n)],
  texts: ['', 'ä', '🔥', '__proto__', 'constructor', '$', '\n__builtin__\nset', 'collections\nOrderedDict'],
  tuple: Object.freeze([1, Object.freeze([]), [2]]),
  set: new Set([1, 'a', null, Object.freeze([1, 2])]),
  map: new Map<unknown, unknown>([
    [0, 'number'],
    ['0', 'text'],
    [null, []],
    [Object.freeze([1, 'a']), {}],
  ]),
  complex: new Complex(-0, Infinity),
  dtype: new DTypeObject('float16'),
  bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  tagged: { $: 'tensor', name: 'none' },
  scalar: tensor(Float32Array.of(7), []),
  empty: tensor(new Float32Array(0), [0, 3]),
  nested: { a: { b: tensor(Float32Array.of(1, 2)) }, 'a.b': tensor(Float32Array.of(3)) },
};

describe.each(['pt', 'safetensors'] as const)('a %s file gives back', (format) => {
  test('everything that it holds', async () => {
    // An integer that is exact as a number comes back as one.
    const expected = {
      ...everything,
      integers: everything.integers.map((n) => (n === -2097152n && format === 'pt' ? Number(n) : n)),
    };
    expect(await throughFile(everything, { format })).toStrictEqual(expected);
  });

  test('frozen arrays as such, and others not', async () => {
    const { tuple, leaves } = (await throughFile(everything, { format })) as typeof everything;
    expect([Object.isFrozen(tuple), Object.isFrozen(tuple[1]), Object.isFrozen(tuple[2])]).toStrictEqual([
      true,
      true,
      false,
    ]);
    expect(Object.isFrozen(leaves)).toBe(false);
  });

  test('a tensor that occurs twice in a structure as one', async () => {
    const tied = tensor(Float32Array.of(1, 2));
    const loaded = (await throughFile({ a: tied, b: [tied] }, { format })) as {
      a: TorchTensor;
      b: TorchTensor[];
    };
    expect(loaded.a).toBe(loaded.b[0]);
  });

  test.each([null, 5, 'text', [], [1, [2]]])('%j alone', async (value) => {
    expect(await throughFile(value, { format })).toStrictEqual(value);
  });

  test('a tensor alone', async () => {
    const value = tensor(Float32Array.of(1));
    expect(await throughFile(value, { format })).toStrictEqual(value);
  });

  test('the same bytes each time', async () => {
    expect(await saveCheckpoint(everything, { format })).toStrictEqual(
      await saveCheckpoint(everything, { format }),
    );
  });

  test('the same bytes from a stream', async () => {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of streamCheckpoint(everything, { format })) pieces.push(piece);
    expect(join(pieces)).toStrictEqual(await saveCheckpoint(everything, { format }));
  });

  test.each([
    ['undefined', { a: { b: undefined } }, /'a\.b' is undefined.*leave it out/i],
    ['a function', [() => 1], /'0' is function/],
    ['a symbol', new Map([['s', Symbol('s')]]), /'s' is symbol/],
    ['a date', { when: new Date(0) }, /'when' is an object of class Date/],
    [
      'a typed array',
      { w: new Float32Array(2) },
      /'w' is an object of class Float32Array.*\{ dtype, shape, values \}/,
    ],
    [
      'too few values',
      { w: { dtype: 'float32', shape: [3], values: new Float32Array(2) } },
      /'w' is not a tensor: float32 of shape \[3\] takes 3 numbers in a Float32Array, but it has 2/,
    ],
    [
      'values of another array',
      { w: { dtype: 'float32', shape: [2], values: new Float64Array(2) } },
      /2 in a Float64Array/,
    ],
    ['too few bytes', { w: { dtype: 'bool', shape: [3], values: new Uint8Array(2) } }, /'w' is not a tensor/],
    [
      'an unknown dtype',
      { w: { dtype: 'float8', shape: [2], values: new Float32Array(2) } },
      /its dtype is float8/,
    ],
    [
      'deep nesting',
      Array.from({ length: 300 }).reduce((inner) => [inner], [] as unknown),
      /limit depth of 200/,
    ],
  ])('an error for %s, that says where', async (_, value, message) => {
    await expect(saveCheckpoint(value, { format })).rejects.toThrow(message);
    await expect(streamCheckpoint(value, { format }).next()).rejects.toThrow(message);
  });
});

describe('a .pt file', () => {
  test('keeps cycles', async () => {
    const list: unknown[] = [1];
    list.push(list, { list });
    const loaded = (await throughFile(list)) as typeof list;
    expect(loaded[1]).toBe(loaded);
    expect((loaded[2] as { list: unknown }).list).toBe(loaded);
  });

  test('cannot hold a tuple that contains itself', async () => {
    const tuple: unknown[] = [];
    tuple.push([tuple]);
    Object.freeze(tuple);
    await expect(saveCheckpoint({ tuple })).rejects.toThrow(
      "'tuple.0.0' is a frozen array that contains itself",
    );
  });

  test('cannot hold half a surrogate pair', async () => {
    await expect(saveCheckpoint({ a: 'x\ud800' })).rejects.toThrow(
      "'a' is or contains a text that is not well formed",
    );
  });

  test('cannot have keys that Python does not hash', async () => {
    await expect(saveCheckpoint({ m: new Map([[{}, 1]]) })).rejects.toThrow(
      "'m' has a key or an item that is an object",
    );
    await expect(saveCheckpoint({ s: new Set([[1]]) })).rejects.toThrow(
      "'s' has a key or an item that is an array",
    );
  });

  test('keeps shared storages, and leaves out the memory in between', async () => {
    const memory = new Float32Array(1000).map((_, i) => i);
    const value = {
      first: tensor(memory.subarray(0, 4)),
      overlapping: tensor(memory.subarray(2, 6), [2, 2]),
      far: tensor(memory.subarray(990, 995)),
      far64: { dtype: 'complex64', shape: [2], values: memory.subarray(991, 995) } as TorchTensor,
      complex: { dtype: 'complex64', shape: [2], values: memory.subarray(993, 997) } as TorchTensor,
      between: { dtype: 'complex64', shape: [1], values: memory.subarray(992, 994) } as TorchTensor,
    };
    const file = await saveCheckpoint(value);
    expect(file.length).toBeLessThan(3000);
    const loaded = await loadCheckpoint<typeof value>(file);
    expect(loaded).toStrictEqual(value);
    const { first, overlapping, far, far64, complex, between } = loaded;
    expect(overlapping.values.buffer).toBe(first.values.buffer);
    expect(far.values.buffer).not.toBe(first.values.buffer);
    // PyTorch allows one dtype per storage, and no element that begins between two others.
    expect(far64.values.buffer).not.toBe(far.values.buffer);
    expect(complex.values.buffer).toBe(far64.values.buffer);
    expect(between.values.buffer).not.toBe(complex.values.buffer);
  });

  test('has its storages where they can be mapped into memory', async () => {
    const file = await saveCheckpoint({
      a: tensor(Float32Array.of(1.25, 2.5)),
      b: tensor(Float32Array.of(3.75)),
    });
    const view = new DataView(file.buffer);
    const at = (value: number): number =>
      Array.from({ length: file.length - 3 }, (_, i) => i).find((i) => view.getFloat32(i, true) === value) ??
      NaN;
    expect([at(1.25) % 64, at(3.75) % 64]).toStrictEqual([0, 0]);
  });
});

describe('a safetensors file', () => {
  test('of tensors by name is just these', async () => {
    const tensors = { b: tensor(Float32Array.of(1)), a: tensor(Float32Array.of(2)) };
    const bytes = await saveCheckpoint(tensors, { format: 'safetensors' });
    const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)))).toStrictEqual({
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
    });
  });

  test('cannot hold complex128, and the error says so', async () => {
    const value = { w: { dtype: 'complex128', shape: [1], values: new Float64Array(2) } };
    await expect(saveCheckpoint(value, { format: 'safetensors' })).rejects.toThrow(
      /'w' is complex128.*write a \.pt file/,
    );
  });

  test('limits what is large only because it occurs often', async () => {
    let laughs: unknown = ['ha'];
    for (let i = 0; i < 60; i++) laughs = [laughs, laughs];
    await expect(
      saveCheckpoint(laughs, { format: 'safetensors', limits: { objects: 1000 } }),
    ).rejects.toThrow(/limit objects/);
    expect((await saveCheckpoint(laughs)).length).toBeLessThan(2000);
  });
});

test('an unknown format is refused', async () => {
  await expect(saveCheckpoint({}, { format: 'onnx' as never })).rejects.toThrow("The format is 'onnx'");
});

test('a module’s state dictionary keeps its versions', async () => {
  const state = await loadCheckpoint(await fixture('versioned.pt'));
  expect(await throughFile(state)).toStrictEqual(state);
  const versions = Object.getOwnPropertySymbols(state).map((symbol) => Reflect.get(state, symbol) as unknown);
  const kept = (await throughFile(state)) as object;
  expect(
    Object.getOwnPropertySymbols(kept).map((symbol) => Reflect.get(kept, symbol) as unknown),
  ).toStrictEqual(versions);
});

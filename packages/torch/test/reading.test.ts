import { describe, expect, test } from 'vitest';
import { encode } from '../src/dtype.ts';
import {
  Complex,
  DTypeObject,
  loadCheckpoint,
  moduleVersions,
  openCheckpoint,
  saveCheckpoint,
  type TorchTensor,
} from '../src/index.ts';
import { type ExpectedTensor, fixture, manifest } from './fixture.ts';

const { tensors: expected } = await manifest();

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A tensor as the manifest describes it: its bytes as a file has them, whatever its array. */
async function described({ dtype, shape, values }: TorchTensor): Promise<ExpectedTensor> {
  const bytes = encode(values, dtype);
  if (bytes.length >= 5000) return { dtype, shape, sha256: await sha256(bytes) };
  return { dtype, shape, base64: btoa(String.fromCharCode(...bytes)) };
}

async function load(name: string): Promise<Record<string, TorchTensor>> {
  return loadCheckpoint<Record<string, TorchTensor>>(await fixture(name));
}

describe.each(Object.entries(expected))('%s', (file, tensors) => {
  test.each(Object.keys(tensors))('%s has the bits that PyTorch sees', async (name) => {
    const loaded = await load(file);
    expect(Object.keys(loaded).toSorted()).toStrictEqual(Object.keys(tensors).toSorted());
    expect(await described(loaded[name] as TorchTensor)).toStrictEqual(tensors[name]);
  });

  test('gives the same tensors one by one as all together', async () => {
    await using checkpoint = await openCheckpoint(await fixture(file));
    for (const entry of checkpoint.tensors) {
      expect(await described(await entry.read()), entry.name).toStrictEqual(tensors[entry.name]);
    }
  });
});

describe('the same content in another container', () => {
  test('written on a big-endian machine', async () => {
    const { 'dtypes.pt': little = {} } = expected;
    for (const [name, tensor] of Object.entries(await load('big-endian.pt'))) {
      expect(await described(tensor), name).toStrictEqual(little[name]);
    }
  });

  test('compressed', async () => {
    const { 'strided.pt': stored = {} } = expected;
    for (const [name, tensor] of Object.entries(await load('deflated.pt'))) {
      expect(await described(tensor), name).toStrictEqual(stored[name]);
    }
    await using checkpoint = await openCheckpoint(await fixture('deflated.pt'));
    const [entry] = checkpoint.tensors;
    expect(await described((await entry?.read()) as TorchTensor)).toStrictEqual(stored[entry?.name ?? '']);
  });

  test.each(['zip64.pt', 'without-checksums.pt'])('%s', async (name) => {
    expect(await load(name)).toStrictEqual({
      weight: { dtype: 'float32', shape: [4], values: Float32Array.of(0, 1, 2, 3) },
    });
  });
});

describe('16-bit floats', () => {
  test('become float32 exactly', async () => {
    const halves = await load('halves.pt');
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const { values } = halves[`every ${dtype}`] as TorchTensor<typeof dtype>;
      expect(values.length).toBe(2 ** 16);
      const wrong = Array.from(values).findIndex(
        (value, bits) => !Object.is(value, halfByDefinition(bits, dtype)),
      );
      expect(wrong, `the bits of the first ${dtype} that is wrong`).toBe(-1);
    }
  });

  test('are rounded from float32 as PyTorch rounds', async () => {
    const halves = await load('halves.pt');
    const { values } = halves['float32'] as TorchTensor<'float32'>;
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const rounded = halves[`float32 as ${dtype}`] as TorchTensor<typeof dtype>;
      const file = await saveCheckpoint({ rounded: { dtype, shape: [values.length], values } });
      expect((await loadCheckpoint(file))['rounded']).toStrictEqual(rounded);
    }
  });
});

/** Sign, exponent and fraction, as IEEE 754 defines them for float16, and bfloat16 with wider exponents. */
function halfByDefinition(bits: number, dtype: 'float16' | 'bfloat16'): number {
  const fractionBits = dtype === 'float16' ? 10 : 7;
  const bias = dtype === 'float16' ? 15 : 127;
  const sign = bits & 0x8000 ? -1 : 1;
  const fraction = (bits & ((1 << fractionBits) - 1)) / (1 << fractionBits);
  const exponent = (bits & 0x7fff) >>> fractionBits;
  if (exponent === 2 * bias + 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * 2 ** (1 - bias) * fraction : sign * 2 ** (exponent - bias) * (1 + fraction);
}

test('tensors of one storage share their memory, and others do not', async () => {
  const tensors = await load('sharing.pt');
  const memory = (name: string): unknown => tensors[name]?.values.buffer;
  expect(memory('view')).toBe(memory('base'));
  expect(memory('middle')).toBe(memory('base'));
  expect(memory('decoder.weight')).toBe(memory('encoder.weight'));
  expect(memory('end of half')).toBe(memory('half'));
  expect(memory('apart')).not.toBe(memory('base'));
  (tensors['base'] as TorchTensor).values[3] = 99 as never;
  expect(tensors['middle']?.values[0]).toBe(99);
});

describe.each([2, 3, 4, 5])('objects in protocol %d', (protocol) => {
  test('come as plain data', async () => {
    const { cycle, constructor, ...objects } = await loadCheckpoint<
      Record<string, unknown> & { cycle: unknown[]; constructor: object }
    >(await fixture(`objects-protocol${protocol}.pt`));
    // By its entries, since an object's constructor counts when objects are compared.
    expect(Object.entries(constructor)).toStrictEqual(
      Object.entries({ constructor: 1, toString: 2, hasOwnProperty: 3 }),
    );
    expect(objects).toStrictEqual({
      none: null,
      flags: [true, false],
      integers: [
        0,
        255,
        256,
        65535,
        65536,
        -1,
        2 ** 31 - 1,
        -(2 ** 31),
        2 ** 53 - 1,
        2n ** 53n,
        -(2n ** 63n),
        2n ** 70n,
      ],
      floats: [0, -0, 1.5, 1e300, 5e-324, Infinity, -Infinity, NaN],
      texts: ['', 'weight', 'Gewicht, äöü', '🔥', 'a\nb', 'x'.repeat(300)],
      tuple: [1, [2, 3], []],
      'list of lists': [[], [[]]],
      set: new Set([1, 2, 3]),
      frozenset: new Set([4]),
      complex: new Complex(1, -2),
      bytes: Uint8Array.of(0, 127, 128, 255),
      'no bytes': new Uint8Array(0),
      bytearray: Uint8Array.of(97, 98),
      dtype: new DTypeObject('bfloat16'),
      size: [2, 3],
      empty: {},
      'by number': new Map<unknown, unknown>([
        [1, 'one'],
        [-2, 'minus two'],
        [2n ** 60n, 'large'],
      ]),
      'by anything': new Map<unknown, unknown>([
        [null, 0],
        [true, 1],
        [1.5, 2],
        [[1, 'a'], 3],
        ['text', 4],
      ]),
      ordered: { z: 1, a: 2 },
      shared: [
        [1, 2],
        [1, 2],
      ],
      long: Array.from({ length: 2500 }, (_, index) => index),
    });
    expect(cycle[0]).toBe('itself');
    expect(cycle[1]).toBe(cycle);
  });

  test('are the same object where they were, and tuples are frozen', async () => {
    const { shared, tuple, flags } = await loadCheckpoint<Record<string, readonly unknown[]>>(
      await fixture(`objects-protocol${protocol}.pt`),
    );
    expect(shared?.[0]).toBe(shared?.[1]);
    expect(Object.isFrozen(tuple) && Object.isFrozen(tuple?.[1])).toBe(true);
    expect(Object.isFrozen(flags)).toBe(false);
  });
});

test('the versions of a module’s parts are there, but not in loops', async () => {
  const state = (await load('versioned.pt')) as Record<string, unknown> & { [moduleVersions]?: unknown };
  expect(Object.keys(state)).toContain('bn.num_batches_tracked');
  expect(state[moduleVersions]).toStrictEqual({ '': { version: 1 }, fc: { version: 1 }, bn: { version: 2 } });
  expect(Object.getOwnPropertySymbols({ ...state })).toStrictEqual([]);
});

test('64-bit integers are BigInt', async () => {
  const state = await load('versioned.pt');
  expect(state['bn.num_batches_tracked']).toStrictEqual({
    dtype: 'int64',
    shape: [],
    values: BigInt64Array.of(0n),
  });
});

describe('what has no counterpart is refused by name', () => {
  test.each([
    ['numpy-scalar', /numpy\._core\.multiarray\.scalar.*loss\.item\(\)/],
    ['numpy-array', /numpy\._core\.multiarray\._reconstruct/],
    ['device', /torch\.device.*leave it out/],
    ['module', /torch\.nn\.modules\.linear\.Linear.*state_dict\(\)/],
    ['function', /torch\.nn\.functional\.mse_loss/],
    ['namedtuple', /golden\.checkpoint_files\.Namespace/],
    ['sparse', /torch\._utils\._rebuild_sparse_tensor.*to_dense\(\)/],
    ['quantized', /torch\._utils\._rebuild_qtensor.*dequantize\(\)/],
    ['float8', /torch\.float8_e4m3fn.*convert the tensor to a dtype/],
    ['storage', /storage '0' by itself/],
  ])('%s', async (name, message) => {
    await expect(loadCheckpoint(await fixture(`refused-${name}.pt`))).rejects.toThrow(message);
    await expect(loadCheckpoint(await fixture(`refused-${name}.pt`))).rejects.toMatchObject({
      name: 'CheckpointError',
      code: 'CHECKPOINT',
    });
  });
});

describe('the error for another file says what the file is', () => {
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
  test.each([
    [
      'from before PyTorch 1.6',
      async () => fixture('legacy.pt'),
      /format from before PyTorch 1\.6.*torch\.save/,
    ],
    ['TorchScript', async () => fixture('torchscript.pt'), /TorchScript archive.*state_dict\(\)/],
    ['tar', async () => bytes(...Array<number>(257).fill(0), 0x75, 0x73, 0x74, 0x61, 0x72), /tar archive/],
    ['a bare pickle', async () => bytes(0x80, 2, 0x4e, 0x2e), /pickle without an archive/],
    ['empty', async () => bytes(), /The file is empty/],
    ['something else', async () => bytes(1, 2, 3), /begins with 01 02 03: expected a checkpoint/],
    [
      'an empty archive',
      async () => bytes(0x50, 0x4b, 5, 6, ...Array<number>(18).fill(0)),
      /no record data\.pkl/,
    ],
  ])('%s', async (_, make, message) => {
    await expect(loadCheckpoint(await make())).rejects.toThrow(message);
  });
});

test('a damaged value is found by its checksum', async () => {
  const file = await fixture('training-float32-middle.pt');
  const { model } = await loadCheckpoint<{ model: Record<string, TorchTensor> }>(file);
  const values = new Uint8Array((model['weight'] as TorchTensor).values.buffer);
  const at = file.findIndex((_, i) => values.every((byte, j) => file[i + j] === byte));
  file[at + 5] = (file[at + 5] as number) ^ 1;
  await expect(loadCheckpoint(file)).rejects.toThrow("Record 'archive/data/0' does not have the checksum");
});

test('what is loaded is independent of the bytes that were given', async () => {
  const file = await fixture('zip64.pt');
  const loaded = await loadCheckpoint(file);
  file.fill(0);
  expect(loaded).toMatchObject({ weight: { values: Float32Array.of(0, 1, 2, 3) } });
});

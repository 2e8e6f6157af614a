import { describe, expect, test } from 'vitest';
import { loadCheckpoint, openCheckpoint, saveCheckpoint } from '../src/index.ts';
import { fixture } from './fixture.ts';

/** A safetensors file of this header, and zeros for data. */
function fileOf(header: unknown, dataSize: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataSize);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

const entry = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe('the header', () => {
  test.each<[string, Uint8Array, Record<string, unknown>]>([
    ['without tensors', fileOf('{}', 0), {}],
    ['with spaces after it', fileOf('{}   ', 0), {}],
    [
      'with an empty tensor between others',
      fileOf({ a: entry(0, 4), b: entry(4, 4), c: entry(4, 8) }, 8),
      { a: 1, b: 0, c: 1 },
    ],
    [
      'whose entries are in another order than their data',
      fileOf({ z: entry(4, 8), a: entry(0, 4) }, 8),
      { z: 1, a: 1 },
    ],
    ['with an entry that has extra keys', fileOf({ a: { ...entry(0, 4), note: 1 } }, 4), { a: 1 }],
  ])('%s is right', async (_, file, sizes) => {
    const loaded = await loadCheckpoint<Record<string, { shape: number[] }>>(file);
    expect(
      Object.fromEntries(Object.entries(loaded).map(([name, { shape }]) => [name, shape[0]])),
    ).toStrictEqual(sizes);
  });

  test.each<[string, Uint8Array, RegExp]>([
    [
      'beyond the format’s limit',
      Uint8Array.of(1, 0xe1, 0xf5, 5, 0, 0, 0, 0, 0x7b),
      /has 100000001 bytes: the format allows 100000000/,
    ],
    ['of 2^63 bytes', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80, 0x7b), /the format allows/],
    [
      'that is cut off',
      fileOf({ a: entry(0, 4) }, 4).subarray(0, 20),
      /ends at byte \d+, but the file has only 20/,
    ],
    ['that is not JSON', fileOf('{"a":}', 0), /not JSON/],
    ['that is not UTF-8', Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d), /not UTF-8/],
    [
      'with a key twice',
      fileOf(`{"a":${JSON.stringify(entry(0, 4))},"\\u0061":${JSON.stringify(entry(0, 4))}}`, 4),
      /the key 'a' twice/,
    ],
    [
      'with a key twice in an entry',
      fileOf('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      /the key 'dtype' twice/,
    ],
    ['with an entry that is a list', fileOf({ a: [] }, 0), /entry of 'a' does not describe a tensor/],
    ['without a dtype', fileOf({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /entry of 'a'/],
    [
      'with an unknown dtype',
      fileOf({ a: entry(0, 4, [4], 'F8_E4M3') }, 4),
      /'a' has the dtype F8_E4M3, which has no counterpart/,
    ],
    [
      'with a name of objects for a dtype',
      fileOf({ a: entry(0, 4, [4], 'constructor') }, 4),
      /dtype constructor/,
    ],
    ['with a negative size', fileOf({ a: entry(0, 4, [-1]) }, 4), /entry of 'a'/],
    ['with a broken size', fileOf({ a: entry(0, 4, [0.5]) }, 4), /entry of 'a'/],
    [
      'with three offsets',
      fileOf({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 4),
      /entry of 'a'/,
    ],
    [
      'with offsets that do not fit the shape',
      fileOf({ a: entry(0, 4, [2]) }, 4),
      /'a' has bytes 0 to 4: expected 8 bytes, for F32 of shape \[2\]/,
    ],
    ['with offsets the wrong way around', fileOf({ a: entry(4, 0, [1]) }, 4), /bytes 4 to 0/],
    [
      'with a shape above all numbers',
      fileOf({ a: entry(0, 4, Array<number>(30).fill(2 ** 40)) }, 4),
      /expected \S+ bytes/,
    ],
    [
      'whose tensors overlap',
      fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12),
      /'b' begin at 4, but those before it end at 8: expected no overlap/,
    ],
    ['with one tensor under two names', fileOf({ a: entry(0, 4), b: entry(0, 4) }, 4), /expected no overlap/],
    ['with a gap', fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12), /expected no gap/],
    ['with a gap at the start', fileOf({ a: entry(4, 8) }, 8), /begin at 4, but those before it end at 0/],
    [
      'with bytes too many',
      fileOf({ a: entry(0, 4) }, 5),
      /take 4 bytes, but 5 follow the header.*longer than it says/,
    ],
    ['with bytes too few', fileOf({ a: entry(0, 4) }, 3), /cut off/],
    ['with metadata other than texts', fileOf({ __metadata__: { a: 1 } }, 0), /__metadata__/],
    ['with metadata that is not an object', fileOf({ __metadata__: ['a'] }, 0), /__metadata__/],
    [
      'with a name that no honest one has',
      fileOf('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
      /'__proto__'/,
    ],
    ['nested deeply', fileOf(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 0), /entry of 'a'/],
    ['with a long text', fileOf(`{"a":"${'x'.repeat(1e6)}"}`, 0), /entry of 'a'/],
  ])('%s is refused', async (_, file, message) => {
    await expect(loadCheckpoint(file)).rejects.toThrow(message);
    await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: 'CHECKPOINT' });
  });

  test('longer than the limit is not read', async () => {
    const limits = { structureBytes: 10 };
    await expect(loadCheckpoint(fileOf({ a: entry(0, 4) }, 4), { limits })).rejects.toThrow(
      /limit structureBytes/,
    );
  });
});

describe('the structure', () => {
  const structured = (structure: unknown): Uint8Array =>
    fileOf(
      {
        __metadata__: {
          'asgd.structure': typeof structure === 'string' ? structure : JSON.stringify(structure),
        },
        a: entry(0, 4),
      },
      4,
    );

  test.each<[string, unknown, RegExp]>([
    ['that is not JSON', '{', /'asgd\.structure' is not JSON/],
    ['with an unknown kind', { $: 'module' }, /kind 'module' that is not known/],
    ['with a kind of objects', { $: 'constructor' }, /kind 'constructor'/],
    ['with a kind that is not a text', { $: 1 }, /an object that is not known/],
    ['with a missing tensor', { $: 'tensor', name: 'b' }, /kind 'tensor'/],
    ['with an invalid float', { $: 'float', value: '1' }, /kind 'float'/],
    ['with an invalid integer', { $: 'int', value: '0x10' }, /kind 'int'/],
    ['with an endless integer', { $: 'int', value: '9'.repeat(1e6) }, /kind 'int'/],
    ['with invalid bytes', { $: 'bytes', value: [256] }, /kind 'bytes'/],
    ['with half a complex number', { $: 'complex', value: [1] }, /kind 'complex'/],
    ['with half a pair', { $: 'dict', items: [[1]] }, /kind 'dict'/],
    ['nested deeply', `${'['.repeat(1e5)}${']'.repeat(1e5)}`, /limit depth/],
    ['with a prototype', '{"__proto__":{}}', /not known here/],
  ])('%s is refused', async (_, structure, message) => {
    await expect(loadCheckpoint(structured(structure))).rejects.toThrow(message);
  });

  test('may have as many values as the limit', async () => {
    const limits = { objects: 100 };
    expect(await loadCheckpoint(structured(Array(99).fill(0)), { limits })).toHaveLength(99);
    await expect(loadCheckpoint(structured(Array(100).fill(0)), { limits })).rejects.toThrow(
      /values in the structure comes to 101, above the limit objects/,
    );
  });

  test('has a Map for a dictionary with __proto__', async () => {
    const file = await saveCheckpoint(new Map([['__proto__', 1]]), { format: 'safetensors' });
    expect(await loadCheckpoint(file)).toStrictEqual(new Map([['__proto__', 1]]));
  });
});

test('metadata are there when a file is open', async () => {
  await using checkpoint = await openCheckpoint(await fixture('all.safetensors'));
  expect(checkpoint.metadata).toStrictEqual({ note: 'one that says "so"' });
  expect(checkpoint.format).toBe('safetensors');
});

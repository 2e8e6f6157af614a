import { deflateSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { CheckpointError, type Limits, loadCheckpoint, openCheckpoint } from '../src/index.ts';
import { archive, intOf, join, lastIndexOf, pickleOf, storageOf, tensorOf, textOf } from './archive.ts';

const four = new Uint8Array(16);

function pickled(...parts: readonly (number | string)[]): Uint8Array<ArrayBuffer> {
  return archive({ 'data.pkl': pickleOf(...parts), 'data/0': four });
}

/** What the CheckpointError says that the file ends in. */
async function refusal(file: Uint8Array, limits: Partial<Limits> = {}): Promise<string> {
  try {
    await loadCheckpoint(file, { limits });
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
  throw new Error('It was loaded.');
}

describe('a pickle', () => {
  test.each<[string, readonly (number | string)[], RegExp]>([
    ['that calls the system', ['cos\nsystem\n', ...textOf('ls'), 0x85, 'R'], /needs os\.system/],
    ['that names a property of objects', ['c__proto__\nconstructor\n'], /needs __proto__\.constructor/],
    ['that calls a text', [...textOf('f'), ')R'], /calls 'f' with a tuple/],
    ['that calls a class of storage', ['ctorch\nFloatStorage\n)R'], /calls torch\.FloatStorage/],
    ['that calls with no tuple', ['ccollections\nOrderedDict\n}R'], /with a dictionary/],
    ['with an opcode of another protocol', ['I1\n'], /opcode INT at byte 2/],
    ['with an unknown opcode', [0xff], /opcode 0xff/],
    [
      'that builds a tensor',
      [...tensorOf(storageOf('0', 4), { size: [1], stride: [1] }), '}b'],
      /sets attributes of a tensor/,
    ],
    ['that builds an unknown attribute', ['}}', ...textOf('x'), 'Nsb'], /attribute 'x'/],
    ['whose key is a list', ['}(]Nu'], /a list, which Python cannot hash/],
    ['with a dishonest key', ['}', ...textOf('__proto__'), 'Ns'], /key '__proto__'/],
    ['that takes from an empty stack', ['0'], /more off its stack/],
    ['that leaves something behind', ['NN'], /leaves objects behind/],
    ['that refers to a missing object', ['h\x05'], /object 5 before it makes it/],
    ['that appends to a dictionary', ['}Na'], /adds items to a dictionary as if it were a list/],
    ['that sets items of a list', [']NNs'], /as if it were a dictionary/],
    ['with half a pair', ['}(Nu'], /as if it were a dictionary/],
    ['with a text that is not UTF-8', [0x58, 1, 0, 0, 0, 0xff], /not UTF-8/],
    ['with a text beyond its end', [0x58, 0xff, 0xff, 0xff, 0xff], /cut off/],
    ['with a text of 2^63 bytes', [0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80], /cut off/],
    [
      'with an integer of 2000 bytes',
      [0x8b, 0xd0, 7, 0, 0, ...Array<number>(2000).fill(1)],
      /integer of 2000 bytes/,
    ],
    ['that refers to something outside itself', ['NQ'], /refers to None outside/],
    ['with a storage of an unknown class', storageOf('0', 4, 'Size'), /storage is of torch\.Size/],
    ['with a negative storage', storageOf('0', -1), /expected a storage/],
    [
      'with a missing storage',
      tensorOf(storageOf('7', 4), { size: [1], stride: [1] }),
      /no record 'archive\/data\/7'/,
    ],
    [
      'with a storage of a path',
      tensorOf(storageOf('../../etc/passwd', 4), { size: [1], stride: [1] }),
      /no record/,
    ],
    [
      'with a storage of another size',
      tensorOf(storageOf('0', 5), { size: [1], stride: [1] }),
      /has 16 bytes: expected 20/,
    ],
    [
      'that contradicts itself about a storage',
      ['(', ...storageOf('0', 4), ...storageOf('0', 2, 'DoubleStorage'), 't'],
      /contradicts itself about storage '0'/,
    ],
    [
      'with a tensor beyond its storage',
      tensorOf(storageOf('0', 4), { size: [5], stride: [1] }),
      /reaches to element 5.*has 4/,
    ],
    [
      'with a stride beyond it',
      tensorOf(storageOf('0', 4), { size: [2, 2], stride: [3, 1] }),
      /reaches to element 5/,
    ],
    [
      'with a negative size',
      tensorOf(storageOf('0', 4), { size: [-1], stride: [1] }),
      /size of a tensor is a tuple/,
    ],
    [
      'with a negative stride',
      tensorOf(storageOf('0', 4), { size: [2], stride: [-1] }),
      /stride of a tensor/,
    ],
    [
      'with a size that is not a tuple',
      ['ctorch._utils\n_rebuild_tensor_v2\n(', ...storageOf('0', 4), ...intOf(0), 'NNtR'],
      /size of a tensor is None/,
    ],
    [
      'with more strides than sizes',
      tensorOf(storageOf('0', 4), { size: [1], stride: [1, 1] }),
      /1 sizes and 2 strides/,
    ],
    [
      'with 65 dimensions',
      tensorOf(storageOf('0', 4), { size: Array<number>(65).fill(1), stride: Array<number>(65).fill(1) }),
      /at most 64/,
    ],
    [
      'with a size above all numbers',
      tensorOf(storageOf('0', 4), {
        size: Array<number>(40).fill(2 ** 30),
        stride: Array<number>(40).fill(0),
      }),
      /reaches to/,
    ],
    [
      'that expands one number to a terabyte',
      tensorOf(storageOf('0', 4), { size: [2 ** 20, 2 ** 20], stride: [0, 0] }),
      /limit extraBytes/,
    ],
    ['that holds a storage', storageOf('0', 4), /storage '0' by itself/],
    ['that holds a name', ['ctorch\nFloatStorage\n'], /torch\.FloatStorage by itself/],
  ])('%s is refused', async (_, parts, message) => {
    expect(await refusal(pickled(...parts))).toMatch(message);
  });

  test('with an unknown protocol is refused', async () => {
    const file = archive({ 'data.pkl': Uint8Array.of(0x80, 6, 0x4e, 0x2e) });
    expect(await refusal(file)).toMatch(/protocol 6: expected 2 to 5/);
  });

  test('may have an empty tensor beyond its storage, as PyTorch has', async () => {
    const empty = tensorOf(storageOf('0', 4), { offset: 5, size: [0], stride: [1] });
    expect(await loadCheckpoint(pickled(...empty))).toStrictEqual({
      dtype: 'float32',
      shape: [0],
      values: new Float32Array(0),
    });
  });

  test('may be nested as deep as the limit', async () => {
    const nested = (depth: number): Uint8Array => pickled(']'.repeat(depth), 'a'.repeat(depth - 1));
    expect(await loadCheckpoint(nested(201))).toHaveLength(1);
    expect(await refusal(nested(202))).toMatch(
      /nesting of the checkpoint comes to 201, above the limit depth of 200/,
    );
    expect(await refusal(nested(1_000_000))).toMatch(/limit depth/);
    expect(await refusal(pickled('('.repeat(1_000_000)))).toMatch(/nesting of marks/);
    expect(await loadCheckpoint(nested(500), { limits: { depth: 600 } })).toHaveLength(1);
  });

  test('may have as many objects as the limit', async () => {
    const lists = (count: number): Uint8Array => pickled('](', ']'.repeat(count - 1), 'e');
    expect(await loadCheckpoint(lists(1000), { limits: { objects: 1000 } })).toHaveLength(999);
    expect(
      await refusal(lists(1001), {
        objects: 1000,
      }),
    ).toMatch(/values in the pickle comes to 1001, above the limit objects of 1000/);
  });

  test('may have as many values that are not objects', async () => {
    const numbers = (count: number): Uint8Array => pickled('](', 'N'.repeat(count - 1), 'e');
    expect(await loadCheckpoint(numbers(1000), { limits: { objects: 1000 } })).toHaveLength(999);
    expect(await refusal(numbers(1001), { objects: 1000 })).toMatch(/comes to 1001, above the limit objects/);
    // By default too, whatever a compressed file grows to.
    expect(await refusal(numbers(2 ** 21 + 1))).toMatch(/above the limit objects of 2097152/);
  });

  test('that copies one long list again and again counts every item', async () => {
    const copies = 'h\x00\x85R0c__builtin__\nset\n'.repeat(1000);
    const file = pickled('](', 'N'.repeat(10_000), 'eq\x00', '0c__builtin__\nset\n', copies, '0N');
    expect(await refusal(file)).toMatch(/limit objects/);
  });

  test('that copies one long text again and again counts it', async () => {
    const bytes = 'c_codecs\nencode\nh\x00h\x01\x86R0'.repeat(1000);
    const file = pickled(
      ...textOf('x'.repeat(1_000_000)),
      'q\x000',
      ...textOf('latin1'),
      'q\x010',
      bytes,
      'N',
    );
    expect(await refusal(file)).toMatch(/limit objects/);
  });

  test('of lists of the same lists is no larger in memory', async () => {
    // Each holds the one before it twice: 2^100 leaves.
    const twice = Array.from({ length: 100 }, (_, i) => [']', 'q', i + 1, 'h', i, 'ah', i, 'a0']).flat();
    const file = pickled(']q\x000', ...twice, 'h', 100);
    await using checkpoint = await openCheckpoint(file);
    expect(checkpoint.tensors).toStrictEqual([]);
    let depth = 0;
    for (let list = await checkpoint.load(); Array.isArray(list) && list.length > 0; list = list[0]) depth++;
    expect(depth).toBe(100);
  });

  test('larger than the limit is not read', async () => {
    expect(await refusal(pickled(...textOf('x'.repeat(2000)), '0N'), { structureBytes: 1000 })).toMatch(
      /data\.pkl' comes to 20\d\d, above the limit structureBytes/,
    );
  });

  test('leaves the prototypes of everything alone', async () => {
    const before = Reflect.ownKeys(Object.prototype);
    const file = pickled('}(', ...textOf('constructor'), '}', ...textOf('toString'), 'Nu');
    const loaded = await loadCheckpoint(file);
    expect(Object.getPrototypeOf(loaded)).toBe(Object.prototype);
    expect(Object.hasOwn(loaded, 'toString')).toBe(true);
    expect(Reflect.ownKeys(Object.prototype)).toStrictEqual(before);
  });
});

describe('an archive', () => {
  const good = pickled('N');
  const central = [0x50, 0x4b, 1, 2];
  const end = good.length - 22;

  /** The archive with something else in the last record of its directory, or in its end. */
  function changed(
    place: 'directory' | 'end',
    at: number,
    ...bytes: readonly number[]
  ): Uint8Array<ArrayBuffer> {
    const copy = good.slice();
    copy.set(bytes, (place === 'end' ? end : lastIndexOf(good, central)) + at);
    return copy;
  }

  test('as it is can be read', async () => {
    expect(await loadCheckpoint(good)).toBeNull();
  });

  test.each<[string, () => Uint8Array, RegExp]>([
    ['that is cut off', () => good.subarray(0, -1), /cut off or damaged/],
    ['that is cut off early', () => good.subarray(0, 10), /cut off or damaged/],
    ['with something after it', () => join([good, Uint8Array.of(0)]), /cut off or damaged/],
    ['in parts', () => changed('end', 4, 1), /one of several parts/],
    ['with another number of records', () => changed('end', 10, 9), /Record 2 of the archive's directory/],
    ['with a directory beyond its end', () => changed('end', 16, 0xff, 0xff, 0xff), /directory ends at byte/],
    ['with a directory of another size', () => changed('end', 12, 1), /is cut off or damaged|ends at byte/],
    [
      'with an encrypted record',
      () => changed('directory', 8, 1),
      /'archive\/data\/0' of the archive is encrypted/,
    ],
    ['with a patch', () => changed('directory', 8, 0x20), /is a patch/],
    ['with another compression', () => changed('directory', 10, 12), /compressed by method 12: expected 0/],
    ['with two sizes of a stored record', () => changed('directory', 20, 1), /two sizes: 1 and 16/],
    ['whose record is elsewhere', () => changed('directory', 42, 1), /overlaps/],
    ['whose records overlap', () => changed('directory', 42, 0, 0, 0, 0), /overlaps record/],
    [
      'whose record reaches into the directory',
      () => changed('directory', 20, 0xff, 0xff, 0, 0, 0xff, 0xff),
      /overlaps the directory/,
    ],
    ['with a name that is not UTF-8', () => changed('directory', 46, 0xff), /a name that is not UTF-8/],
    [
      'with an extra field too many',
      () => changed('directory', 30, 9),
      /Record 1 of the archive's directory/,
    ],
  ])('%s is refused', async (_, make, message) => {
    expect(await refusal(make())).toMatch(message);
  });

  test('whose record has no header of its own is refused', async () => {
    const headless = good.slice();
    headless.set([0x50, 0x4b, 1], 0);
    expect(await refusal(headless)).toMatch(/not where the archive's directory says/);
  });

  test('with two records of one name is refused', async () => {
    const copy = archive({ 'data.pkl': pickleOf('N'), 'data.pkk': '' });
    copy[lastIndexOf(copy, [...new TextEncoder().encode('data.pkk')]) + 7] = 0x6c;
    expect(await refusal(copy)).toMatch(/two records 'archive\/data\.pkl'/);
  });

  test('of many records is read up to the limit', async () => {
    const records = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`data/${i}`, '']));
    const many = archive({ 'data.pkl': pickleOf('N'), ...records });
    expect(await loadCheckpoint(many)).toBeNull();
    expect(
      await refusal(many, {
        objects: 70_000,
      }),
    ).toMatch(/number of records.*70001, above the limit objects of 70000/);
    expect(
      await refusal(many, {
        structureBytes: 1000,
      }),
    ).toMatch(/directory comes to \d+, above the limit structureBytes/);
  });

  test('with an unknown byte order is refused', async () => {
    expect(await refusal(archive({ 'data.pkl': pickleOf('N'), byteorder: 'middle' }))).toMatch(
      /byte order of the checkpoint is 'middle'/,
    );
  });
});

describe('a compressed record', () => {
  /** A storage of zeros, compressed, that says it has this many bytes. */
  function compressed(content: Uint8Array, claimed: number, claimedFloats: number): Uint8Array<ArrayBuffer> {
    const deflated = deflateSync(content);
    const tensor = tensorOf(storageOf('0', claimedFloats), { size: [1], stride: [1] });
    const file = archive({ 'data.pkl': pickleOf(...tensor), 'data/0': deflated });
    const at = lastIndexOf(file, [0x50, 0x4b, 1, 2]);
    const view = new DataView(file.buffer);
    view.setUint16(at + 10, 8, true);
    view.setUint32(at + 16, 0, true); // without a checksum
    view.setUint32(at + 24, claimed, true);
    return file;
  }
  const zeros = new Uint8Array(40_000);

  test('that is right is read', async () => {
    expect(await loadCheckpoint(compressed(zeros, 40_000, 10_000))).toMatchObject({ shape: [1] });
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['that is longer than it says', compressed(zeros, 400, 100), /does not inflate to the 400 bytes/],
    [
      'that is shorter than it says',
      compressed(zeros, 40_400, 10_100),
      /does not inflate to the 40400 bytes/,
    ],
    [
      'that claims what no compression gives',
      compressed(zeros, 4e8, 1e8),
      /does not inflate to the 400000000 bytes/,
    ],
  ])('%s is refused', async (_, file, message) => {
    expect(await refusal(file)).toMatch(message);
  });

  test('that is large is read up to the limit', async () => {
    const bomb = compressed(new Uint8Array(5e7), 5e7, 1.25e7);
    expect(bomb.length).toBeLessThan(60_000);
    expect(await refusal(bomb, { extraBytes: 1e6 })).toMatch(
      /Inflating record 'archive\/data\/0' comes to 50000000, above the limit extraBytes/,
    );
  });

  test('that is damaged is refused', async () => {
    const file = compressed(zeros, 40_000, 10_000);
    const tensor = deflateSync(zeros);
    const at = lastIndexOf(file, [...tensor]);
    expect(await refusal(file.map((byte, i) => (i === at ? 0x07 : byte)))).toMatch(/cannot be inflated/);
  });
});

test('tensors that are copied share the limit', async () => {
  const expanded = tensorOf(storageOf('0', 4), { size: [1000], stride: [0] });
  const file = pickled('](', ...expanded, ...expanded, 'e');
  expect(await loadCheckpoint(file, { limits: { extraBytes: 8000 } })).toHaveLength(2);
  expect(await refusal(file, { extraBytes: 7999 })).toMatch(/8000, above the limit extraBytes of 7999/);
});

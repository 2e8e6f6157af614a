import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadCheckpoint, openCheckpoint, saveCheckpoint, type TorchTensor } from '../../src/index.ts';
import { type NewRecord, zip } from '../../src/zip/write.ts';
import { pickleOf, storageOf, tensorOf, textOf } from '../archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'asgd-torch-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fixture = join(import.meta.dirname, '..', 'fixtures', 'wrapped.pt');

test('a path and a file URL are read as the bytes are', async () => {
  const expected = await loadCheckpoint(new Uint8Array(readFileSync(fixture)));
  expect(await loadCheckpoint(fixture)).toStrictEqual(expected);
  expect(await loadCheckpoint(pathToFileURL(fixture))).toStrictEqual(expected);
});

test('a missing path is Node’s error', async () => {
  await expect(loadCheckpoint(join(folder, 'none.pt'))).rejects.toMatchObject({ code: 'ENOENT' });
});

const descriptors = '/proc/self/fd';

test.runIf(existsSync(descriptors))('a file is closed again, also after an error', async () => {
  const open = (): number => readdirSync(descriptors).length;
  const before = open();
  await loadCheckpoint(fixture);
  await expect(loadCheckpoint(join(import.meta.dirname, 'files.test.ts'))).rejects.toThrow(
    'expected a checkpoint',
  );
  await expect(loadCheckpoint(join(fixture, '..', 'refused-sparse.pt'))).rejects.toThrow('sparse');
  expect(open()).toBe(before);
});

/** Says that it has so many zero bytes: they are a hole in the file. */
const hole = 5 * 2 ** 30;

/** Writes pieces at their place, and skips one that stands for a hole. */
function writeWithHole(path: string, pieces: Iterable<Uint8Array>, standsForHole: Uint8Array): number {
  const file = openSync(path, 'w');
  let at = 0;
  for (const piece of pieces) {
    if (piece !== standsForHole) writeSync(file, piece, 0, piece.length, at);
    at += piece === standsForHole ? hole : piece.length;
  }
  ftruncateSync(file, at);
  closeSync(file);
  return at;
}

function recordOf(name: string, bytes: Uint8Array, size = bytes.length): NewRecord {
  return { name: `archive/${name}`, size, pieces: () => [bytes] };
}

test('a file above 4 GiB is opened, and read tensor by tensor', async () => {
  const path = join(folder, 'large.pt');
  const placeholder = new Uint8Array(0);
  const last = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  const large = tensorOf(storageOf('0', hole / 4), { size: [5, 2 ** 28], stride: [2 ** 28, 1] });
  // The lengths of storages are 4 bytes here, and this one is below 2^31.
  const corner = tensorOf(storageOf('0', hole / 4), { offset: 2 ** 30, size: [2], stride: [2 ** 20] });
  const small = tensorOf(storageOf('1', 3), { size: [3], stride: [1] });
  const structure = pickleOf(
    '}(',
    ...textOf('large'),
    ...large,
    ...textOf('corner'),
    ...corner,
    ...textOf('small'),
    ...small,
    'u',
  );
  const records = [
    recordOf('data.pkl', structure),
    recordOf('data/0', placeholder, hole),
    recordOf('data/1', last),
  ];
  expect(writeWithHole(path, zip(records), placeholder)).toBeGreaterThan(hole);

  await using checkpoint = await openCheckpoint(path);
  expect(checkpoint.tensors.map(({ name, bytes, storage }) => ({ name, bytes, storage }))).toStrictEqual([
    { name: 'large', bytes: hole, storage: '0' },
    { name: 'corner', bytes: 8, storage: '0' },
    { name: 'small', bytes: 12, storage: '1' },
  ]);
  // The directory's offset and the record's are above 4 GiB.
  expect((await checkpoint.tensors[2]?.read())?.values).toStrictEqual(Float32Array.of(1, 2, 3));
  expect((await checkpoint.tensors[1]?.read())?.values).toStrictEqual(Float32Array.of(0, 0));
});

test('a safetensors file above 4 GiB too', async () => {
  const path = join(folder, 'large.safetensors');
  const a: TorchTensor = { dtype: 'float32', shape: [3], values: Float32Array.of(1, 2, 3) };
  const small = await saveCheckpoint({ a }, { format: 'safetensors' });
  const entry = { dtype: 'U8', shape: [hole], data_offsets: [0, hole] };
  const last = { dtype: 'F32', shape: [3], data_offsets: [hole, hole + 12] };
  const header = new TextEncoder().encode(JSON.stringify({ hole: entry, a: last }));
  const size = new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer);
  const placeholder = new Uint8Array(0);
  writeWithHole(path, [size, header, placeholder, small.subarray(-12)], placeholder);
  await using checkpoint = await openCheckpoint(path);
  expect(await checkpoint.tensors[1]?.read()).toStrictEqual(a);
});

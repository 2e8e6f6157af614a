import { deflateSync } from 'fflate';
import { archive, join, lastIndexOf, pickleOf, recordOf, storageOf, tensorOf } from '../archive.ts';
import { zip } from '../../src/zip/write.ts';
import { fixture } from '../fixture.ts';
import { Archive } from '../../src/zip/archive.ts';
import { resolveLimits } from '../../src/limits.ts';
import { openSource } from '../../src/source.ts';
import { mutateBytes, mutateJson } from './mutate.ts';
import { randomPickle } from './pickles.ts';
import type { Random } from './random.ts';

export type Make = (random: Random) => Uint8Array<ArrayBuffer>;

const pts = [
  'dtypes.pt',
  'strided.pt',
  'sharing.pt',
  'objects-protocol2.pt',
  'objects-protocol5.pt',
  'versioned.pt',
  'training-float32-middle.pt',
  'deflated.pt',
  'zip64.pt',
  'big-endian.pt',
  'refused-sparse.pt',
  'legacy.pt',
];
const safetensors = ['all.safetensors', 'written/training.safetensors'];

/** Ways to make a file that is wrong, or slightly wrong. */
export async function makers(): Promise<Readonly<Record<string, Make>>> {
  const files = await Promise.all(pts.map((name) => fixture(name)));
  const flat = await Promise.all(safetensors.map((name) => fixture(name)));
  const pickles = await Promise.all(pts.filter((name) => name !== 'legacy.pt').map(pickleIn));
  return {
    'a .pt file with other bytes': (random) => mutateBytes(random.pick(files), random),
    'a .pt file whose directory has other bytes': (random) => changeTail(random.pick(files), random),
    'a pickle with other bytes': (random) => {
      const { pickle, records } = random.pick(pickles);
      return archive({ 'data.pkl': mutateBytes(pickle, random), ...records });
    },
    'a pickle at random': (random) => {
      const storage = { 'data/0': new Uint8Array(16), 'data/1': new Uint8Array(8) };
      return archive({ 'data.pkl': pickleOf(...randomPickle(random)), ...storage });
    },
    'a compressed record': deflated,
    'records of odd names, some of them twice': (random) => {
      const names = [
        'data.pkl',
        'data/0',
        '../data.pkl',
        '/etc/passwd',
        'byteorder',
        '__proto__',
        '',
        'data/../data.pkl',
        'constants.pkl',
      ];
      const records = Array.from({ length: random.below(6) }, () => {
        const bytes = mutateBytes(Uint8Array.of(1, 2, 3, 4), random);
        return recordOf(random.pick(names), bytes);
      });
      const structure = random.below(4) > 0 ? [recordOf('data.pkl', pickleOf('N'))] : [];
      return join([...zip([...structure, ...records])]);
    },
    'a safetensors file with other bytes': (random) => mutateBytes(random.pick(flat), random),
    'a safetensors file with another header': (random) => changeHeader(random.pick(flat), random),
    'a safetensors file of another length': (random) => {
      const file = random.pick(flat).slice();
      new DataView(file.buffer).setBigUint64(
        0,
        BigInt(random.number(file.length)) << BigInt(random.pick([0, 0, 16, 32])),
        true,
      );
      return file;
    },
    'two files in one': (random) => {
      const [one, other] = [random.pick([...files, ...flat]), random.pick([...files, ...flat])];
      return Uint8Array.from([
        ...one.subarray(0, random.below(one.length)),
        ...other.subarray(random.below(other.length)),
      ]);
    },
  };
}

async function pickleIn(name: string): Promise<{ pickle: Uint8Array; records: Record<string, Uint8Array> }> {
  const opened = await Archive.open(await openSource(await fixture(name)), resolveLimits());
  const records: Record<string, Uint8Array> = {};
  for (let key = 0; opened.has(`data/${key}`); key++) {
    records[`data/${key}`] = new Uint8Array(opened.sizeOf(`data/${key}`));
  }
  return { pickle: await opened.readStructure('data.pkl'), records };
}

/** Changes what is after the last record: the directory, and the records of its end. */
function changeTail(file: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const size = Math.min(file.length, 22 + random.pick([0, 76, 300, 2000]));
  const tail = mutateBytes(file.subarray(file.length - size), random);
  return Uint8Array.from([...file.subarray(0, file.length - size), ...tail]);
}

function deflated(random: Random): Uint8Array<ArrayBuffer> {
  const size = random.pick([0, 16, 1000, 100_000, 3_000_000]);
  const data = deflateSync(new Uint8Array(size));
  const claimed = random.pick([size, size, 16, random.number(size)]);
  const tensor = tensorOf(storageOf('0', claimed >> 2), {
    size: [random.pick([0, 1, 4])],
    stride: [random.pick([0, 1])],
  });
  const file = archive({
    'data.pkl': pickleOf(...tensor),
    'data/0': random.below(2) === 0 ? data : mutateBytes(data, random),
  });
  const at = lastIndexOf(file, [0x50, 0x4b, 1, 2]);
  const view = new DataView(file.buffer);
  view.setUint16(at + 10, 8, true);
  view.setUint32(at + 16, random.pick([0, random.next()]), true);
  view.setUint32(at + 24, claimed, true);
  return file;
}

function changeHeader(file: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder().decode(file.subarray(8, 8 + size));
  const header = new TextEncoder().encode(changeText(text, random));
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
  return Uint8Array.from([...start, ...header, ...file.subarray(8 + size)]);
}

/** Changes the header, or in it the structure, which is a text of JSON in JSON. */
function changeText(text: string, random: Random): string {
  const header = JSON.parse(text) as { __metadata__?: Record<string, string> };
  const structure = header.__metadata__?.['asgd.structure'];
  if (structure === undefined || random.below(3) === 0) return mutateJson(text, random);
  return JSON.stringify({ ...header, __metadata__: { 'asgd.structure': mutateJson(structure, random) } });
}

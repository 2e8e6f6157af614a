// The format is described in PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3 (zip64).
import { crc32 } from './crc32.ts';

/** A file to put into an archive. */
export interface NewRecord {
  readonly name: string;
  readonly size: number;
  /** Its bytes. They are read twice: first for the checksum, which comes before them, and then to write them. */
  pieces(): Iterable<Uint8Array>;
}

interface Written {
  readonly name: Uint8Array;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

/** The alignment of data, so that it can be mapped into memory and used there (torch.load with mmap). */
const alignment = 64;
/** PyTorch's name for the extra field that pads to the alignment. */
const paddingId = 0x4246;
const longest = 0xffffffff;
const most = 0xffff;
const version = 45; // which has zip64
const utf8Names = 0x800;
/** 1980-01-01, the first day that the format has. A fixed date, so that the same values give the same bytes. */
const date = 0x21;

/** The bytes of an archive of stored records. */
export function* zip(records: Iterable<NewRecord>): Generator<Uint8Array> {
  const written: Written[] = [];
  let offset = 0;
  for (const record of records) {
    const entry = {
      name: new TextEncoder().encode(record.name),
      size: record.size,
      crc: checksum(record),
      offset,
    };
    written.push(entry);
    const header = localHeader(entry);
    yield header;
    yield* record.pieces();
    offset += header.length + record.size;
  }
  const directory = written.map(centralHeader);
  yield* directory;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield end(written.length, size, offset);
}

function checksum({ pieces }: NewRecord): number {
  let crc = 0;
  for (const piece of pieces()) crc = crc32(piece, crc);
  return crc;
}

function localHeader({ name, size, crc, offset }: Written): Uint8Array {
  const wide = size >= longest ? zip64Field(size, size) : new Uint8Array(0);
  const unpadded = 30 + name.length + wide.length + 4;
  const padding = -(offset + unpadded) & (alignment - 1);
  // Beyond 2^31 the upper bits are cut off, but the lowest are still right.
  const header = new Uint8Array(unpadded + padding);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x04034b50, true);
  writeCommon(view, 4, crc, size);
  view.setUint16(26, name.length, true);
  view.setUint16(28, wide.length + 4 + padding, true);
  header.set(name, 30);
  header.set(wide, 30 + name.length);
  view.setUint16(30 + name.length + wide.length, paddingId, true);
  view.setUint16(30 + name.length + wide.length + 2, padding, true);
  return header;
}

function centralHeader({ name, size, crc, offset }: Written): Uint8Array {
  const sizes = size >= longest ? [size, size] : [];
  const wide = zip64Field(...sizes, ...(offset >= longest ? [offset] : []));
  const header = new Uint8Array(46 + name.length + wide.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, version, true);
  writeCommon(view, 6, crc, size);
  view.setUint16(28, name.length, true);
  view.setUint16(30, wide.length, true);
  view.setUint32(42, Math.min(longest, offset), true);
  header.set(name, 46);
  header.set(wide, 46 + name.length);
  return header;
}

/** The fields that both headers have, in the same order. */
function writeCommon(view: DataView, at: number, crc: number, size: number): void {
  view.setUint16(at, version, true);
  view.setUint16(at + 2, utf8Names, true);
  view.setUint16(at + 8, date, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, Math.min(longest, size), true);
  view.setUint32(at + 18, Math.min(longest, size), true);
}

function zip64Field(...values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  const view = new DataView(new ArrayBuffer(4 + 8 * values.length));
  view.setUint16(0, 1, true);
  view.setUint16(2, 8 * values.length, true);
  values.forEach((value, index) => view.setBigUint64(4 + 8 * index, BigInt(value), true));
  return new Uint8Array(view.buffer);
}

/** The end record, after a wide one for an archive that needs it. */
function end(count: number, size: number, offset: number): Uint8Array {
  const isWide = count >= most || size >= longest || offset >= longest;
  const view = new DataView(new ArrayBuffer((isWide ? 56 + 20 : 0) + 22));
  if (isWide) {
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(4, 44n, true); // the bytes that follow in this record
    view.setUint16(12, version, true);
    view.setUint16(14, version, true);
    view.setBigUint64(24, BigInt(count), true);
    view.setBigUint64(32, BigInt(count), true);
    view.setBigUint64(40, BigInt(size), true);
    view.setBigUint64(48, BigInt(offset), true);
    view.setUint32(56, 0x07064b50, true);
    view.setBigUint64(64, BigInt(offset + size), true);
    view.setUint32(72, 1, true); // parts in all
  }
  const at = view.byteLength - 22;
  view.setUint32(at, 0x06054b50, true);
  view.setUint16(at + 8, Math.min(most, count), true);
  view.setUint16(at + 10, Math.min(most, count), true);
  view.setUint32(at + 12, Math.min(longest, size), true);
  view.setUint32(at + 16, Math.min(longest, offset), true);
  return new Uint8Array(view.buffer);
}

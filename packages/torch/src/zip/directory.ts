// The format is described in PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3 (zip64).
import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import { readExactly, type Source } from '../source.ts';

/** A file in an archive. */
export interface ZipRecord {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** The position of its own header in the file. */
  readonly headerOffset: number;
}

/** The position and size of the directory. */
interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

const signatures = { end: 0x06054b50, locator: 0x07064b50, end64: 0x06064b50, central: 0x02014b50 };
const endSize = 22;
const locatorSize = 20;
const end64Size = 56;
const centralSize = 46;
const localSize = 30;
const longestComment = 0xffff;
/** A field with this value means that the number is in the zip64 extra field. */
const elsewhere = 0xffffffff;

export const utf8: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The records of an archive in the order of its directory, checked against each other. @throws CheckpointError */
export async function readDirectory(source: Source, limits: Limits): Promise<ReadonlyMap<string, ZipRecord>> {
  const directory = await findDirectory(source);
  checkLimit(limits, 'structureBytes', directory.size, `The archive's directory`);
  checkLimit(limits, 'objects', directory.count, `The number of records in the archive`);
  const bytes = await readExactly(source, directory.offset, directory.size, `The archive's directory`);
  const records = parseDirectory(new DataView(bytes.buffer), directory.count);
  checkApart([...records.values()], directory.offset);
  return records;
}

async function findDirectory(source: Source): Promise<Directory> {
  const tailSize = Math.min(source.size, endSize + longestComment + locatorSize);
  const tail = new DataView((await source.read(source.size - tailSize, tailSize)).buffer);
  const end = findEnd(tail);
  const hasLocator = end >= locatorSize && tail.getUint32(end - locatorSize, true) === signatures.locator;
  const directory = hasLocator
    ? await readEnd64(source, readNumber(tail, end - locatorSize + 8))
    : {
        disk: tail.getUint32(end + 4, true),
        count: tail.getUint16(end + 10, true),
        size: tail.getUint32(end + 12, true),
        offset: tail.getUint32(end + 16, true),
      };
  if (directory.disk !== 0) {
    throw new CheckpointError('The archive is one of several parts: join them first.');
  }
  return directory;
}

/** The position of the end record, whose comment extends to the end of the file. */
function findEnd(tail: DataView): number {
  for (let at = tail.byteLength - endSize; at >= 0; at--) {
    if (tail.getUint32(at, true) !== signatures.end) continue;
    if (at + endSize + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  throw new CheckpointError(
    'The file starts as an archive, but the directory that should end it is missing: it is cut off or damaged.',
  );
}

async function readEnd64(source: Source, offset: number): Promise<Directory & { readonly disk: number }> {
  const bytes = await readExactly(source, offset, end64Size, `The archive's zip64 end record`);
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== signatures.end64) {
    throw new CheckpointError(`The archive's zip64 end record is not where its locator says: it is damaged.`);
  }
  return {
    disk: view.getUint32(16, true) || view.getUint32(20, true),
    count: readNumber(view, 32),
    size: readNumber(view, 40),
    offset: readNumber(view, 48),
  };
}

function parseDirectory(view: DataView, count: number): Map<string, ZipRecord> {
  const records = new Map<string, ZipRecord>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const damaged = (): CheckpointError =>
      new CheckpointError(`Record ${index} of the archive's directory is cut off or damaged.`);
    if (at + centralSize > view.byteLength || view.getUint32(at, true) !== signatures.central) {
      throw damaged();
    }
    const nameSize = view.getUint16(at + 28, true);
    const extraSize = view.getUint16(at + 30, true);
    const next = at + centralSize + nameSize + extraSize + view.getUint16(at + 32, true);
    if (next > view.byteLength) throw damaged();
    const name = decodeName(new Uint8Array(view.buffer, at + centralSize, nameSize));
    const extra = new DataView(view.buffer, at + centralSize + nameSize, extraSize);
    if (records.has(name)) throw new CheckpointError(`The archive has two records '${name}'.`);
    records.set(name, parseRecord(view, at, name, extra));
    at = next;
  }
  if (at !== view.byteLength) {
    throw new CheckpointError(`The archive's directory has ${view.byteLength - at} bytes too many.`);
  }
  return records;
}

function parseRecord(view: DataView, at: number, name: string, extra: DataView): ZipRecord {
  const flags = view.getUint16(at + 8, true);
  if (flags & 0x2041) throw new CheckpointError(`Record '${name}' of the archive is encrypted.`);
  if (flags & 0x20) throw new CheckpointError(`Record '${name}' of the archive is a patch of another.`);
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) {
    throw new CheckpointError(
      `Record '${name}' is compressed by method ${method}: expected 0 (stored) or 8 (deflated).`,
    );
  }
  // It has wide values only for the fields that say so, in this order.
  const wide = findZip64(extra);
  let taken = 0;
  const widened = (value: number): number => {
    if (value !== elsewhere || wide === undefined) return value;
    if (taken + 8 > wide.byteLength) {
      throw new CheckpointError(`The zip64 field of record '${name}' is too short.`);
    }
    taken += 8;
    return readNumber(wide, taken - 8);
  };
  const size = widened(view.getUint32(at + 24, true));
  const compressedSize = widened(view.getUint32(at + 20, true));
  const headerOffset = widened(view.getUint32(at + 42, true));
  if (method === 0 && size !== compressedSize) {
    throw new CheckpointError(
      `Record '${name}' is stored, but has two sizes: ${compressedSize} and ${size}.`,
    );
  }
  return {
    name,
    deflated: method === 8,
    crc: view.getUint32(at + 16, true),
    compressedSize,
    size,
    headerOffset,
  };
}

function findZip64(extra: DataView): DataView | undefined {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const size = extra.getUint16(at + 2, true);
    if (at + 4 + size > extra.byteLength) return undefined;
    if (extra.getUint16(at, true) === 1) return new DataView(extra.buffer, extra.byteOffset + at + 4, size);
    at += 4 + size;
  }
  return undefined;
}

/** Records that share bytes could make a small file huge. */
function checkApart(records: readonly ZipRecord[], directoryOffset: number): void {
  const inOrder = records.toSorted((a, b) => a.headerOffset - b.headerOffset);
  inOrder.forEach(({ name, headerOffset, compressedSize }, index) => {
    const next = inOrder[index + 1];
    if (headerOffset + localSize + compressedSize > (next?.headerOffset ?? directoryOffset)) {
      throw new CheckpointError(
        `Record '${name}' of the archive overlaps ${next ? `record '${next.name}'` : 'the directory'}.`,
      );
    }
  });
}

/** An integer of 64 bits. */
function readNumber(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CheckpointError(`The archive names an offset or size of ${value}: it is damaged.`);
  }
  return Number(value);
}

function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CheckpointError('A record of the archive has a name that is not UTF-8.', { cause });
  }
}

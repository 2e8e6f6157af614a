import { CheckpointError } from '../errors.ts';
import type { Budget } from '../limits.ts';
import { readExactly, type Source } from '../source.ts';
import { crc32 } from './crc32.ts';
import type { ZipRecord } from './directory.ts';

const localSize = 30;
const localSignature = 0x04034b50;

/** All bytes of a record, checked against its checksum. @throws CheckpointError */
export async function readRecord(
  source: Source,
  record: ZipRecord,
  budget: Budget,
): Promise<Uint8Array<ArrayBuffer>> {
  const { name, size, crc, deflated } = record;
  const offset = await dataOffset(source, record);
  const bytes = deflated
    ? await (await import('./inflate.ts')).inflate(source, record, offset, budget)
    : await readExactly(source, offset, size, `Record '${name}'`);
  // PyTorch writes 0 if checksums are turned off (torch.serialization.set_crc32_options).
  if (crc !== 0 && crc32(bytes) !== crc) {
    throw new CheckpointError(
      `Record '${name}' does not have the checksum that the archive says: it is damaged.`,
    );
  }
  return bytes;
}

/** Some bytes of a stored record, unchecked. @throws CheckpointError */
export async function readPart(
  source: Source,
  record: ZipRecord,
  from: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const offset = await dataOffset(source, record);
  return readExactly(source, offset + from, length, `Record '${record.name}'`);
}

/** The position of a record's data, after its own header. Its extra field may differ from that in the directory. */
async function dataOffset(source: Source, { name, headerOffset }: ZipRecord): Promise<number> {
  const header = await readExactly(source, headerOffset, localSize, `The header of record '${name}'`);
  const view = new DataView(header.buffer);
  if (view.getUint32(0, true) !== localSignature) {
    throw new CheckpointError(`Record '${name}' is not where the archive's directory says: it is damaged.`);
  }
  return headerOffset + localSize + view.getUint16(26, true) + view.getUint16(28, true);
}

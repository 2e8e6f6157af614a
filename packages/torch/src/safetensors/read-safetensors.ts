import type { Document, StoredTensor } from '../document.ts';
import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import { readExactly, type Source } from '../source.ts';
import { rowMajorStrides } from '../tensor.ts';
import { utf8 } from '../zip/directory.ts';
import { type HeaderTensor, longestHeader, parseHeader, sizeBytes } from './header.ts';
import { fromStructure, structureKey } from './structure.ts';

/** Opens a safetensors file. Without a structure in its metadata, it is an object of tensors by name. */
export async function openSafetensors(source: Source, limits: Limits): Promise<Document> {
  const start = new DataView((await readExactly(source, 0, sizeBytes, `The header's size`)).buffer);
  const size = Number(start.getBigUint64(0, true));
  if (size > longestHeader) {
    throw new CheckpointError(
      `The header of the safetensors file has ${size} bytes: the format allows ${longestHeader}.`,
    );
  }
  checkLimit(limits, 'structureBytes', size, 'The header of the safetensors file');
  const text = decodeText(await readExactly(source, sizeBytes, size, 'The header of the safetensors file'));
  const dataOffset = sizeBytes + size;
  const header = parseHeader(text, source.size - dataOffset);
  checkLimit(limits, 'objects', header.tensors.length, 'The number of tensors');
  const byName = new Map(
    header.tensors.map((tensor) => [tensor.name, openTensor(source, dataOffset, tensor)]),
  );
  const structure = header.metadata[structureKey];
  const contents: Document['contents'] = (tensorOf) => {
    const places = new Map([...byName].map(([name, tensor]) => [name, tensorOf(tensor)]));
    return structure === undefined ? Object.fromEntries(places) : fromStructure(structure, places, limits);
  };
  return { format: 'safetensors', metadata: header.metadata, contents };
}

function openTensor(
  source: Source,
  dataOffset: number,
  { dtype, shape, from, to }: HeaderTensor,
): StoredTensor {
  const readPart = (start: number, length: number): Promise<Uint8Array<ArrayBuffer>> =>
    source.read(dataOffset + from + start, length);
  return {
    placement: {
      dtype,
      shape,
      strides: rowMajorStrides(shape),
      offset: 0,
      conjugated: false,
      negated: false,
    },
    storage: {
      name: `${from}…${to}`,
      bytes: to - from,
      littleEndian: true,
      read: () => readPart(0, to - from),
      readPart,
    },
  };
}

function decodeText(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) {
    throw new CheckpointError('The header of the safetensors file does not begin with {.');
  }
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CheckpointError('The header of the safetensors file is not UTF-8.', { cause });
  }
}

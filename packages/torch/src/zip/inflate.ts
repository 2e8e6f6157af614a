// Loaded only when it is needed, because torch.save does not compress.
import { Inflate } from 'fflate';
import { CheckpointError } from '../errors.ts';
import type { Budget } from '../limits.ts';
import { readExactly, type Source } from '../source.ts';
import type { ZipRecord } from './directory.ts';

/** How many compressed bytes are inflated at a time. They become 17 MB at most. */
const piece = 2 ** 14;

/** The bytes of a record, whose data begin at `offset` in the file. @throws CheckpointError */
export async function inflate(
  source: Source,
  { name, compressedSize, size }: ZipRecord,
  offset: number,
  budget: Budget,
): Promise<Uint8Array<ArrayBuffer>> {
  budget.take(size, `Inflating record '${name}'`);
  // Deflate shrinks data by a factor of at most 1032. A file that claims more gets no memory.
  if (size > 1032 * compressedSize) throw wrongSize(name, size);
  const bytes = new Uint8Array(size);
  let filled = 0;
  const inflater = new Inflate((part) => {
    if (filled + part.length > size) throw wrongSize(name, size);
    bytes.set(part, filled);
    filled += part.length;
  });
  for (let done = 0; done < compressedSize; done += piece) {
    const length = Math.min(piece, compressedSize - done);
    const compressed = await readExactly(source, offset + done, length, `Record '${name}'`);
    push(inflater, compressed, done + length === compressedSize, name);
  }
  if (filled !== size) throw wrongSize(name, size);
  return bytes;
}

function push(inflater: Inflate, compressed: Uint8Array, isLast: boolean, name: string): void {
  try {
    inflater.push(compressed, isLast);
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError(`Record '${name}' cannot be inflated: it is damaged. ${String(cause)}`, {
      cause,
    });
  }
}

function wrongSize(name: string, size: number): CheckpointError {
  return new CheckpointError(`Record '${name}' does not inflate to the ${size} bytes that the archive says.`);
}

import { open } from 'node:fs/promises';
import type { Source } from './source.ts';

/** Node reads at most 2 GiB at a time. */
const most = 2 ** 30;

export async function openFile(path: string | URL): Promise<Source> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  const read = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await file.read(bytes, done, Math.min(most, length - done), offset + done);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read.`);
      done += bytesRead;
    }
    return bytes;
  };
  return { size, read, close: () => file.close() };
}

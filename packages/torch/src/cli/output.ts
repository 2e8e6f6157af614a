import { rename, rm, writeFile } from 'node:fs/promises';
import { pid } from 'node:process';
import { streamCheckpoint } from '../save.ts';
import type { Output } from './arguments.ts';

/** Writes a checkpoint. The file appears when it is complete; until then an older file of that name stays. */
export async function writeCheckpoint(value: unknown, { file, format }: Output): Promise<void> {
  const partial = `${file}.${pid}.part`;
  try {
    await writeFile(partial, streamCheckpoint(value, { format }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

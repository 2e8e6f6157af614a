import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ModelError } from '@asgd/linear';
import { mergeParts, type ModelPart } from '@asgd/linear/merge';
import { UserError } from '../errors.ts';

/** How many are merged at a time: of a thousand parts, at most 4 * 8 are in memory. */
const width = 8;

/**
 * Merges parts in a tree: each eight lines, each eight of what they make, and so on. The order of lines decides the bits.
 * @returns `undefined` if there are no lines
 * @throws UserError for what is no part, or does not go with the others
 */
export async function mergeLines(input: Readable): Promise<ModelPart | undefined> {
  const levels: ModelPart[][] = [];
  let number = 0;
  const add = (part: ModelPart, level: number): void => {
    const waiting = (levels[level] ??= []);
    waiting.push(part);
    if (waiting.length === width) add(merge(waiting.splice(0), number), level + 1);
  };
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() !== '') add(merge([line], number), 0);
  }
  for (let level = 0; level < levels.length; level++) {
    const waiting = levels[level]?.splice(0) ?? [];
    const isTop = levels.slice(level + 1).every(({ length }) => length === 0);
    if (waiting.length === 0) continue;
    const merged = merge(waiting, number);
    if (isTop) return merged;
    add(merged, level + 1);
  }
  return undefined;
}

function merge(parts: readonly unknown[], line: number): ModelPart {
  try {
    return mergeParts(parts);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const place =
      parts.length === 1 ? `line ${line}` : `up to line ${line}, of ${parts.length} parts counted from 0`;
    throw new UserError(`standard input, ${place}: ${error.message}`);
  }
}

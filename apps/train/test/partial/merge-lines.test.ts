import { Readable } from 'node:stream';
import { mergeParts, type ModelPart } from '@asgd/linear/merge';
import { beforeAll, describe, expect, test } from 'vitest';
import { parsePipeCommand } from '../../src/partial/command-line.ts';
import { mergeLines } from '../../src/partial/merge-lines.ts';
import { trainPart } from '../../src/partial/train-part.ts';
import { inPieces, svm } from './rows.ts';

const command = parsePipeCommand(['--partial', '--features', '5', '--classes=-1,1', '--lr', '0.5']);
let parts: readonly ModelPart[];
beforeAll(async () => {
  const all = Array.from({ length: 75 }, (_, i) => trainPart(inPieces(svm(20 + i, 100 * i), 4096), command));
  parts = JSON.parse(JSON.stringify(await Promise.all(all))) as ModelPart[];
});

function merged(lines: readonly string[]): Promise<ModelPart | undefined> {
  return mergeLines(Readable.from([lines.map((line) => `${line}\n`).join('')]));
}

/** In eights, level by level. */
function tree(some: readonly ModelPart[]): ModelPart {
  if (some.length === 1) return some[0] as ModelPart;
  const groups = Array.from({ length: Math.ceil(some.length / 8) }, (_, at) =>
    some.slice(8 * at, 8 * at + 8),
  );
  return tree(groups.map((group) => mergeParts(group)));
}

describe('--merge', () => {
  test.each([1, 2, 7, 8, 9, 16, 63, 64, 65, 73, 75])('merges %d parts in a tree of eights', async (count) => {
    const some = parts.slice(0, count);
    const found = await merged(some.map((part) => JSON.stringify(part)));
    expect(found).toStrictEqual(tree(some));
    expect(found?.parts).toBe(count);
    expect(found?.steps).toBe(some.reduce((sum, { steps }) => sum + steps, 0));
  });

  test('makes nothing of no lines, and passes over blank ones', async () => {
    expect(await merged([])).toBeUndefined();
    expect(await merged(['', '  '])).toBeUndefined();
    const line = JSON.stringify(parts[0]);
    expect(await merged(['', line, ''])).toStrictEqual(parts[0]);
  });

  test.each([
    ['no JSON', '{"format":', /^standard input, line 2: Part 0 is not JSON/],
    [
      'another object',
      '{"format":"other"}',
      /^standard input, line 2: Part 0 is an object: expected what partOf/,
    ],
  ])('names the line of %s', async (_, line, message) => {
    await expect(merged([JSON.stringify(parts[0]), line])).rejects.toThrow(message);
  });

  test('refuses parts that started from different models', async () => {
    const other = await trainPart(
      inPieces(svm(20), 4096),
      parsePipeCommand(['--partial', '--features', '5', '--classes=-1,1', '--lr', '0.25']),
    );
    await expect(merged([parts[0], other].map((part) => JSON.stringify(part)))).rejects.toThrow(
      /^standard input, up to line 2, of 2 parts counted from 0: lr of part 1 is 0.25, and of part 0 0.5/,
    );
  });
});

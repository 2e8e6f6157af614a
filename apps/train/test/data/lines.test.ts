import { describe, expect, test } from 'vitest';
import { Lines } from '../../src/data/lines.ts';

function read(chunks: readonly Uint8Array[]): string[] {
  const found: string[] = [];
  const lines = new Lines('f', (bytes, start, end, number) => {
    found.push(`${number}:${Buffer.from(bytes.subarray(start, end)).toString()}`);
  });
  for (const chunk of chunks) lines.push(chunk);
  lines.end();
  return found;
}

describe('Lines', () => {
  const bytes = Buffer.from('\uFEFFfirst\r\n\nthird, ä\nlast');
  const expected = ['1:first\r', '2:', '3:third, ä', '4:last'];

  test('numbers lines from 1, keeps empty ones, and drops a byte order mark', () => {
    expect(read([bytes])).toStrictEqual(expected);
  });

  test('finds the same lines wherever the bytes are cut in three', () => {
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        expect(
          read([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]),
        ).toStrictEqual(expected);
      }
    }
  });

  test('needs no line feed at the end, and sees no line after it', () => {
    expect(read([Buffer.from('a')])).toStrictEqual(['1:a']);
    expect(read([Buffer.from('a\n')])).toStrictEqual(['1:a']);
    expect(read([])).toStrictEqual([]);
  });
});

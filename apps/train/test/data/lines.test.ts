import { describe, expect, test } from 'vitest';
import { Lines } from '../../src/data/lines.ts';

/** What is read, pausing after every line or never. */
function read(chunks: readonly Uint8Array[], pause = false): string[] {
  const found: string[] = [];
  const lines = new Lines('f', 1000, (bytes, start, end, number) => {
    found.push(`${number}:${Buffer.from(bytes.subarray(start, end)).toString()}`);
    return pause;
  });
  for (const chunk of chunks) for (let at = 0; at < chunk.length;) at = lines.push(chunk, at);
  lines.end();
  return found;
}

describe('Lines', () => {
  const bytes = Buffer.from('\uFEFFfirst\r\n\nthird, ä\n \t\r\nlast');
  const expected = ['1:first\r', '3:third, ä', '5:last'];

  test('numbers lines from 1, leaves out blank ones, and drops a byte order mark', () => {
    expect(read([bytes])).toStrictEqual(expected);
  });

  test('finds the same lines wherever the bytes are cut in three', () => {
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expect(read(chunks)).toStrictEqual(expected);
        expect(read(chunks, true)).toStrictEqual(expected);
      }
    }
  });

  test('needs no line feed at the end, and sees no line after it', () => {
    expect(read([Buffer.from('a')])).toStrictEqual(['1:a']);
    expect(read([Buffer.from('a\n')])).toStrictEqual(['1:a']);
    expect(read([])).toStrictEqual([]);
  });

  test('makes no call for blank lines, since a file may have hundreds of millions of them', () => {
    const blank = Buffer.from('\n\r\n \n'.repeat(100_000));
    let calls = 0;
    const counting = new Proxy(blank, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        calls += 1;
        return value.bind(target) as unknown;
      },
    });
    const lines = new Lines('f', 1000, () => true);
    expect(lines.push(counting)).toBe(blank.length);
    expect(calls).toBe(0);
  });

  test('refuses a line that is longer than allowed, before it is complete', () => {
    const lines = new Lines('f', 1000, () => false);
    lines.push(Buffer.alloc(600, '1'));
    expect(() => lines.push(Buffer.alloc(600, '1'))).toThrow(
      /^f:1:1: found a line of more than .* MiB, expected lines of text that fit in --memory$/,
    );
    const quoted = new Lines('f', 1000, () => false);
    quoted.push(Buffer.alloc(600, '"'));
    expect(() => quoted.push(Buffer.alloc(600, '1'))).toThrow('--memory (is a closing quote missing in it?)');
  });
});

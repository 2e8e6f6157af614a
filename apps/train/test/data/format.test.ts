import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/data/format.ts';

function detect(text: string | Uint8Array): string {
  return detectFormat('f', typeof text === 'string' ? Buffer.from(text) : text);
}

describe('detectFormat', () => {
  test.each([
    ['libsvm', '1 1:0.5 2:1\n'],
    ['libsvm', '# a comment, with commas\n\n-1 3:1\n'],
    ['libsvm', '1:0.5 2:1\n'],
    ['libsvm', '1:0.5\n'],
    ['libsvm', '1,2 1:0.5\n'],
    ['libsvm', '0\n1 1:1\n'],
    ['csv', '1,2,3\n'],
    ['csv', 'a;b;c\n1;2;3\n'],
    ['csv', '1\t2\n'],
    ['csv', 'time,value\n12:30,1\n'],
    ['csv', '2026-01-01 12:30,1\n'],
    ['csv', 'y,"width (cm): mean",b\n1,2,3\n'],
  ])('sees %s in %j', (format, text) => expect(detect(text)).toBe(format));

  test('refuses files that are not text, and recognizes UTF-16', () => {
    expect(() => detect(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0))).toThrow(
      'f: found a zero byte at offset 4, expected text',
    );
    expect(() => detect(Buffer.from('1,2', 'utf16le'))).toThrow('convert UTF-16 to UTF-8');
  });
});

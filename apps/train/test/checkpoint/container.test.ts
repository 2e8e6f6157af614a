import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/checkpoint/container.ts';

const content = {
  text: 'ä\n"x"',
  numbers: [0.1, 1e-300, -7, 2 ** 53],
  nested: { float32: Float32Array.of(0.1, -0, NaN, Infinity), none: null, yes: true },
  empty: new Float32Array(0),
  // Its bytes begin at an offset that float64 cannot be read from.
  float64: Float64Array.of(Math.PI, -0),
};

function bytesOf(value: unknown): Uint8Array {
  return Buffer.concat(encode(value));
}

describe('a container', () => {
  test('gives back what was put in, bit for bit', () => {
    const found = decode('f', bytesOf({ ...content, odd: new Float32Array(1), after: Float64Array.of(1.5) }));
    expect(found).toStrictEqual({ ...content, odd: new Float32Array(1), after: Float64Array.of(1.5) });
  });

  test('says in its first two lines what is in it', () => {
    const [first = '', second = ''] = Buffer.from(bytesOf(content)).toString('latin1').split('\n');
    expect(first).toMatch(/^asgd-train checkpoint 1 bytes=\d+ sha256=[0-9a-f]{64}$/);
    expect(JSON.parse(second)).toMatchObject({
      numbers: content.numbers,
      empty: { $array: 'float32', length: 0 },
    });
  });

  test('takes views of larger buffers for what they show', () => {
    const view = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    expect(decode('f', bytesOf({ view }))).toStrictEqual({ view: Float32Array.of(2, 3) });
  });

  test('is refused wherever it is cut short', () => {
    const bytes = bytesOf(content);
    for (let length = 1; length < bytes.length; length += 1) {
      const expected =
        length < 'asgd-train checkpoint '.length
          ? 'f is no checkpoint'
          : `f is cut short: found ${length} bytes`;
      expect(() => decode('f', bytes.subarray(0, length))).toThrow(expected);
    }
    expect(() => decode('f', new Uint8Array(0))).toThrow(
      'f is no checkpoint: found an empty file, expected a file that --save',
    );
  });

  test('is refused whichever byte is changed, and when something is added', () => {
    const bytes = bytesOf(content);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => decode('f', changed)).toThrow(
        /^f is (no checkpoint|cut short|damaged|a checkpoint of version)/,
      );
    }
    expect(() => decode('f', Buffer.concat([bytes, Buffer.of(0)]))).toThrow('f is damaged');
  });

  test('of another version is refused by name', () => {
    const other = Buffer.from(
      Buffer.from(bytesOf(1)).toString('latin1').replace('checkpoint 1 ', 'checkpoint 2 '),
      'latin1',
    );
    expect(() => decode('f', other)).toThrow(
      'f is a checkpoint of version 2, this asgd-train reads version 1',
    );
  });

  test('is not mistaken for another kind of file', () => {
    expect(() => decode('f', Buffer.from('{"a": 1}'))).toThrow(
      'f is no checkpoint: found "{\\"a\\": 1}", expected',
    );
  });
});

import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decode as decodeFile, encode } from '../../src/checkpoint/container.ts';
import { UserError } from '../../src/errors.ts';
import { Folder } from '../folder.ts';

const folder = new Folder();
const f = folder.at('f');

function decode(bytes: Uint8Array): unknown {
  return decodeFile(folder.write('f', bytes));
}

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
    const found = decode(bytesOf({ ...content, odd: new Float32Array(1), after: Float64Array.of(1.5) }));
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

  test('saves only the visible part of views of larger buffers', () => {
    const view = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    expect(decode(bytesOf({ view }))).toStrictEqual({ view: Float32Array.of(2, 3) });
  });

  test('is refused wherever it is cut short', () => {
    const bytes = bytesOf(content);
    for (let length = 1; length < bytes.length; length += 1) {
      const expected =
        length < 'asgd-train checkpoint '.length
          ? `${f} is not a checkpoint`
          : `${f} is cut short: found ${length} bytes`;
      expect(() => decode(bytes.subarray(0, length))).toThrow(expected);
    }
    expect(() => decode(new Uint8Array(0))).toThrow(
      `${f} is not a checkpoint: found an empty file, expected a file that --save`,
    );
  });

  test('is refused whichever byte is changed, and if something is added', () => {
    const bytes = bytesOf(content);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => decode(changed)).toThrow(
        /f is (not a checkpoint|cut short|damaged|a checkpoint of version)/,
      );
    }
    expect(() => decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(`${f} is damaged`);
  });

  test('of another version is refused by name', () => {
    const other = Buffer.from(
      Buffer.from(bytesOf(1)).toString('latin1').replace('checkpoint 1 ', 'checkpoint 2 '),
      'latin1',
    );
    expect(() => decode(other)).toThrow(
      `${f} is a checkpoint of version 2, but this asgd-train reads version 1`,
    );
  });

  test('is not mistaken for another kind of file', () => {
    expect(() => decode(Buffer.from('{"a": 1}'))).toThrow(
      `${f} is not a checkpoint: found "{\\"a\\": 1}", expected`,
    );
  });

  test('must be a regular file', () => {
    expect(() => decodeFile(folder.path)).toThrow(`cannot read checkpoint ${folder.path}: it is a folder`);
    expect(() => decodeFile('/dev/null')).toThrow(
      'cannot read checkpoint /dev/null: it is not a regular file',
    );
    execFileSync('mkfifo', [folder.at('pipe')]); // with nobody at the other end
    expect(() => decodeFile(folder.at('pipe'))).toThrow('it is not a regular file');
  });

  test('with a valid checksum that encode did not write is refused', () => {
    const forged = (text: string, body = 0): Buffer => {
      const rest = Buffer.concat([Buffer.from(text), Buffer.alloc(body)]);
      const sha256 = createHash('sha256').update(rest).digest('hex');
      return Buffer.concat([
        Buffer.from(`asgd-train checkpoint 1 bytes=${rest.length} sha256=${sha256}\n`),
        rest,
      ]);
    };
    expect(decode(forged('{"a":{"$array":"float32","offset":0,"length":2}}\n', 8))).toStrictEqual({
      a: new Float32Array(2),
    });
    for (const [text, body] of [
      ['', 0],
      ['\n', 0],
      ['no JSON\n', 0],
      ['{"a":1}\n', 8],
      ['{"a":{"$array":"float32","offset":0,"length":2}}\n', 7],
      ['{"a":{"$array":"float32","offset":4,"length":1}}\n', 8],
      ['{"a":{"$array":"float32","offset":0,"length":-1}}\n', 0],
      ['{"a":{"$array":"float32","offset":0,"length":1e15}}\n', 8],
      ['{"a":{"$array":"float32","offset":0,"length":1.5}}\n', 6],
      ['{"a":{"$array":"constructor","offset":0,"length":1}}\n', 4],
      ['{"a":{"$array":null}}\n', 0],
      ['[{"$array":"float32","offset":0,"length":1},{"$array":"float32","offset":0,"length":1}]\n', 4],
    ] as const) {
      expect(() => decode(forged(text, body)), text).toThrow(UserError);
      expect(() => decode(forged(text, body)), text).toThrow(
        'is not a checkpoint: its checksum is right, but --save did not write its contents',
      );
    }
  });
});

// A file of zeros that takes no room on the disk, but 2 GiB in memory.
describe.runIf(process.availableMemory() > 6 * 2 ** 30)('a container above 2 GiB', () => {
  const length = 2 ** 29 + 2; // 8 bytes above what Node reads and hashes at a time

  test('is read', () => {
    const header = `{"large":{"$array":"float32","offset":0,"length":${length}}}\n`;
    const digest = createHash('sha256').update(header);
    const zeros = new Uint8Array(2 ** 26);
    for (let left = 4 * length; left > 0; left -= zeros.length) digest.update(zeros.subarray(0, left));
    const first = `asgd-train checkpoint 1 bytes=${header.length + 4 * length} sha256=${digest.digest('hex')}\n`;
    const file = openSync(folder.at('large'), 'w');
    writeSync(file, first + header);
    ftruncateSync(file, first.length + header.length + 4 * length);
    closeSync(file);
    const { large } = decodeFile(folder.at('large')) as { large: Float32Array };
    expect(large.length).toBe(length);
    expect(large.at(-1)).toBe(0);
  });

  test('is written in pieces that can be hashed and written', () => {
    const pieces = encode({ large: new Float32Array(length) });
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(2 ** 31 - 1);
    expect(pieces.slice(2).reduce((sum, piece) => sum + piece.length, 0)).toBe(4 * length);
  });
});

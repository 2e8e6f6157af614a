import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { replaceFile, requireWritable } from '../src/replace-file.ts';
import { Folder } from './folder.ts';

const folder = new Folder();

describe('replaceFile', () => {
  test('writes pieces one after another, bytes and text, over what was there', async () => {
    const file = folder.write('pieces', 'old and longer than the new contents');
    await replaceFile(file, ['a', Buffer.from('b'), 'ä']);
    expect(readFileSync(file, 'utf8')).toBe('abä');
  });

  test('leaves the old file whole, and nothing beside it, when the contents fail half-way', async () => {
    const file = folder.write('whole', 'old');
    async function* failing(): AsyncGenerator<string> {
      yield 'half of the new';
      throw new Error('no more');
    }
    await expect(replaceFile(file, failing())).rejects.toThrow(
      `cannot write ${file}: no more; the file that was there is untouched`,
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder.path).filter((name) => name.startsWith('whole'))).toStrictEqual(['whole']);
  });

  test('leaves the old file whole when the disk takes only a part of the new one', () => {
    const file = folder.write('limited', 'old');
    // A limit on file sizes makes the system take some of the bytes, then none: as a full disk does.
    const script = `
      import { replaceFile } from ${JSON.stringify(join(import.meta.dirname, '../src/replace-file.ts'))};
      process.on('SIGXFSZ', () => {});
      await replaceFile(${JSON.stringify(file)}, [new Uint8Array(1_000_000)]).catch((error) => console.log(error.message));`;
    const { stdout } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 64; exec "$0" --input-type=module-typescript -e "$1"', process.execPath, script],
      { encoding: 'utf8' },
    );
    expect(stdout).toContain(
      `cannot write ${file}: the file would be larger than allowed; the file that was there is untouched`,
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder.path).filter((name) => name.startsWith('limited'))).toStrictEqual(['limited']);
  });

  test('keeps the file mode, and writes through a symbolic link', async () => {
    const file = folder.write('target', 'old');
    chmodSync(file, 0o640);
    symlinkSync(file, folder.at('link'));
    await replaceFile(folder.at('link'), ['new']);
    expect(lstatSync(folder.at('link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  test('writes to a device and leaves it a device', async () => {
    await replaceFile('/dev/null', ['gone']);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('says what is wrong with a path', async () => {
    const missing = folder.at('none/file');
    await expect(replaceFile(missing, ['x'])).rejects.toThrow(
      `cannot write ${missing}: no such file or folder`,
    );
    expect(() => requireWritable(missing)).toThrow(
      `cannot write ${missing}: folder ${folder.at('none')}: no such file or folder`,
    );
    expect(() => requireWritable(folder.path)).toThrow(`cannot write ${folder.path}: it is a folder`);
    expect(() => requireWritable(folder.at('new'))).not.toThrow();
    expect(existsSync(folder.at('new'))).toBe(false);
  });
});

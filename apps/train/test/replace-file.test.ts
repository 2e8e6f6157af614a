import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import * as promises from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { replaceFile, requireWritable } from '../src/replace-file.ts';
import { Folder } from './folder.ts';

vi.mock('node:fs/promises', { spy: true });

const folder = new Folder();

describe('replaceFile', () => {
  test('writes pieces one after another, bytes and text, over what was there', async () => {
    const file = folder.write('pieces', 'old and longer than the new contents');
    await replaceFile(file, ['a', Buffer.from('b'), 'ä']);
    expect(readFileSync(file, 'utf8')).toBe('abä');
  });

  test('leaves the old file complete, and no other file, if the contents fail halfway', async () => {
    const file = folder.write('whole', 'old');
    async function* failing(): AsyncGenerator<string> {
      yield 'half of the new';
      throw new Error('no more');
    }
    await expect(replaceFile(file, failing())).rejects.toThrow(
      `cannot write ${file}: no more; the old file is unchanged`,
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder.path).filter((name) => name.startsWith('whole'))).toStrictEqual(['whole']);
  });

  test('leaves the old file complete if the disk takes only a part of the new one', () => {
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
      `cannot write ${file}: the file would be larger than allowed; the old file is unchanged`,
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

  test('writes where a symbolic link leads when nothing is there yet', async () => {
    symlinkSync('not-yet', folder.at('to-not-yet'));
    symlinkSync(folder.at('to-not-yet'), folder.at('to-to-not-yet'));
    requireWritable(folder.at('to-to-not-yet'));
    expect(existsSync(folder.at('not-yet'))).toBe(false);
    await replaceFile(folder.at('to-to-not-yet'), ['new']);
    expect(readFileSync(folder.at('not-yet'), 'utf8')).toBe('new');
    expect(lstatSync(folder.at('to-to-not-yet')).isSymbolicLink()).toBe(true);
  });

  test('creates a new temporary file, under another name every time, and flushes folder and file', async () => {
    const opened: [path: string, flags: unknown][] = [];
    const order: string[] = [];
    const { open, rename } = await vi.importActual<typeof promises>('node:fs/promises');
    vi.mocked(promises.open).mockImplementation(async (path, flags, mode) => {
      opened.push([String(path), flags]);
      const handle = await open(path, flags, mode);
      const sync = handle.sync.bind(handle);
      handle.sync = () => {
        order.push(statSync(path).isDirectory() ? 'folder' : 'file');
        return sync();
      };
      return handle;
    });
    vi.mocked(promises.rename).mockImplementation((from, to) => {
      order.push('rename');
      return rename(from, to);
    });
    try {
      const place = folder.at('fresh');
      mkdirSync(place);
      await replaceFile(join(place, 'file'), ['one']);
      await replaceFile(join(place, 'file'), ['two']);
      const temporaries = opened.filter(([path]) => path.endsWith('.tmp'));
      expect(temporaries.map(([, flags]) => flags)).toStrictEqual(['wx', 'wx']);
      expect(new Set(temporaries.map(([path]) => path)).size).toBe(2);
      expect(order).toStrictEqual(['file', 'rename', 'folder', 'file', 'rename', 'folder']);
      expect(readdirSync(place)).toStrictEqual(['file']);
    } finally {
      vi.mocked(promises.open).mockReset();
      vi.mocked(promises.rename).mockReset();
    }
  });

  test('appends to the file that the program’s output goes to, instead of replacing it', () => {
    const file = folder.at('output');
    const script = `
      import { replaceFile } from ${JSON.stringify(join(import.meta.dirname, '../src/replace-file.ts'))};
      console.log('before');
      await replaceFile('/dev/stdout', ['between\\n']);
      console.log('after');`;
    const output = openSync(file, 'a');
    spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', output, 'inherit'],
    });
    closeSync(output);
    expect(readFileSync(file, 'utf8')).toBe('before\nbetween\nafter\n');
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

  test('refuses an impossible name before anything is written', () => {
    symlinkSync('round', folder.at('round'));
    symlinkSync('loop', folder.at('loop'));
    const long = folder.at('x'.repeat(300));
    expect(() => requireWritable(folder.at('loop'))).toThrow(
      `cannot write ${folder.at('loop')}: its symbolic links form a circle`,
    );
    expect(() => requireWritable(long)).toThrow(`cannot write ${long}: the name is too long`);
    expect(() => requireWritable(`${folder.path}/file/below`)).toThrow('cannot write');
    // The longest possible name: the temporary file next to it has another one.
    expect(() => requireWritable(folder.at('y'.repeat(255)))).not.toThrow();
    expect(readdirSync(folder.path).filter((name) => name.startsWith('y'))).toStrictEqual([]);
  });

  test('writes a file whose name is as long as can be', async () => {
    const name = 'z'.repeat(255);
    await replaceFile(folder.at(name), ['new']);
    expect(readFileSync(folder.at(name), 'utf8')).toBe('new');
  });
});

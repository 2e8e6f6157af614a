import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { start } from './program.ts';
import { small, TableFolder } from './small-table.ts';

const folder = new TableFolder();

describe('what cannot be written', () => {
  test.runIf(existsSync('/dev/full'))(
    'the output, on a full disk: saves, and exits 1 with a message',
    async () => {
      const full = openSync('/dev/full', 'w');
      const { outcome } = start([...small, '--epochs', '100000', '--save', 'full.ckpt'], folder.path, {
        stdio: ['ignore', full, 'pipe'],
      });
      const { status, stderr } = await outcome;
      closeSync(full);
      expect([status, stderr]).toStrictEqual([
        1,
        'asgd-train: cannot write the standard output: no space left on the disk\n',
      ]);
      expect(readdirSync(folder.path)).toContain('full.ckpt');
    },
  );

  // Only root can become another user, and only users other than root are refused.
  test.runIf(process.getuid?.() === 0)(
    'a folder that may not be entered: exits 1 with a message before training',
    async () => {
      const { mode } = statSync(folder.path);
      mkdirSync(folder.at('closed'));
      chmodSync(folder.path, 0o755);
      chmodSync(folder.at('closed'), 0o666);
      const { outcome } = start(['--data', 'small.csv', '--save', 'closed/x.ckpt'], folder.path, {
        uid: 65534,
      });
      const { status, stdout, stderr } = await outcome;
      chmodSync(folder.path, mode);
      expect([status, stdout, stderr]).toStrictEqual([
        1,
        '',
        'asgd-train: cannot write closed/x.ckpt: folder closed: permission denied\n',
      ]);
    },
  );
});

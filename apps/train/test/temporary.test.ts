import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { removeLeftovers, removeTemporaries, temporaryPath } from '../src/temporary.ts';
import { Folder } from './folder.ts';

const folder = new Folder();

/** What a killed process leaves in a folder. */
function killed(place: string): string {
  const script = `
    import { writeFileSync } from 'node:fs';
    import { temporaryPath } from ${JSON.stringify(join(import.meta.dirname, '../src/temporary.ts'))};
    const path = temporaryPath(${JSON.stringify(place)});
    writeFileSync(path, 'half');
    process.stdout.write(path, () => process.kill(process.pid, 'SIGKILL'));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  });
  expect(dirname(stdout)).toBe(place);
  return stdout;
}

function make(name: string): string {
  mkdirSync(folder.at(name));
  return folder.at(name);
}

test('what a killed process has left is removed, and nothing else', () => {
  const place = make('leftovers');
  const left = killed(place);
  const mine = temporaryPath(place);
  const day = Date.now() / 1000 - 25 * 3600;
  const parts = basename(left).split('-');
  const named = (origin: string, pid: number): string => {
    const path = join(place, `.asgd-train-${origin}-${pid}-0123456789abcdef.tmp`);
    writeFileSync(path, 'half');
    return path;
  };
  const origin = parts[2] ?? '';
  const others = [
    mine,
    named(origin, process.ppid), // alive
    named('000000000000', 1), // of another machine, a moment ago
    join(place, 'run.ckpt'),
    join(place, 'run.ckpt.123.tmp'),
    join(place, '.asgd-train-notes.tmp'),
  ];
  const old = named('111111111111', 1); // of another machine, a day ago
  for (const path of others) writeFileSync(path, 'x');
  for (const path of [...others.slice(3), old]) utimesSync(path, day, day);
  const link = join(place, `.asgd-train-${origin}-999999999-0123456789abcdef.tmp`);
  symlinkSync(join(place, 'run.ckpt'), link);

  removeLeftovers(place);
  expect([existsSync(left), existsSync(old)]).toStrictEqual([false, false]);
  expect(readdirSync(place).toSorted()).toStrictEqual(
    [...others, link].map((path) => basename(path)).toSorted(),
  );
});

test("a process's own files are removed when it says so, and when it exits", () => {
  const place = make('own');
  const path = temporaryPath(place);
  writeFileSync(path, 'half');
  removeTemporaries();
  expect(readdirSync(place)).toStrictEqual([]);
  const script = `
    import { writeFileSync } from 'node:fs';
    import { temporaryPath } from ${JSON.stringify(join(import.meta.dirname, '../src/temporary.ts'))};
    writeFileSync(temporaryPath(${JSON.stringify(place)}), 'half');
    process.exit();`;
  spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script]);
  expect(readdirSync(place)).toStrictEqual([]);
});

test('a missing folder has no leftovers', () => {
  expect(() => removeLeftovers(folder.at('none'))).not.toThrow();
});

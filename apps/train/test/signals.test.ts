import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { start, written } from './program.ts';
import { TableFolder } from './small-table.ts';

const folder = new TableFolder();
folder.writeLong('long.csv');

describe('Ctrl-C', () => {
  const long = ['--data', 'long.csv', '--batch', '2', '--epochs', '2', '--t0', '100'];

  test('finishes the step, saves, says where it stopped, and the run continues bit for bit', async () => {
    const whole = folder.run(...long, '--json', 'whole.json');
    const { process: child, outcome } = start([...long, '--save', 'stopped.ckpt'], folder.path);
    await written(child, /train loss/);
    child.kill('SIGINT');
    const { status, stdout, stderr } = await outcome;
    expect(stdout).toMatch(
      /Stopped after step \d+, \d+ % into epoch 1 of 2\.\nSaved to stopped\.ckpt; continue with --resume stopped\.ckpt\.\n$/,
    );
    expect([status, stderr]).toStrictEqual([130, '']);
    expect((await folder.run('--resume', 'stopped.ckpt', '--json', 'resumed.json')).status).toBe(0);
    await whole;
    expect(folder.report('resumed.json')).toStrictEqual(folder.report('whole.json'));
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('and %s both save the steps that were taken', async (name, expected) => {
    const save = `${name}.ckpt`;
    const { process: child, outcome } = start([...long, '--epochs', '1000', '--save', save], folder.path);
    await written(child, /train loss/);
    child.kill(name);
    const { status, stdout, stderr } = await outcome;
    expect(stdout).toMatch(/Stopped after step \d+, \d+ % into epoch \d+ of 1000\.\nSaved to /);
    expect([status, stderr]).toStrictEqual([expected, '']);
    expect(
      readdirSync(folder.path).filter((file) => file.includes(name) || file.endsWith('.tmp')),
    ).toStrictEqual([save]);
  });

  test.runIf(process.platform === 'linux')(
    'once is enough where nobody writes to a pipe',
    async ({ task: { timeout } }) => {
      mkdirSync(folder.at('lonely'));
      execFileSync('mkfifo', [folder.at('lonely/pipe')]);
      const { process: child, outcome } = start(['--data', 'pipe'], folder.at('lonely'));
      // Until the program listens to signals.
      await vi.waitUntil(
        () => /^SigCgt:.*[13579bdf]$/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8')),
        { timeout, interval: 20 },
      );
      child.kill('SIGINT');
      const { status, stdout } = await outcome;
      expect(stdout).toBe('Stopped before the first step: nothing was trained or written.\n');
      expect(status).toBe(130);
    },
  );

  test('without --save says that nothing was saved', async () => {
    const { process: child, outcome } = start([...long, '--epochs', '1000'], folder.path);
    await written(child, /train loss/);
    child.kill('SIGINT');
    const { status, stdout } = await outcome;
    expect(status).toBe(130);
    expect(stdout).toMatch(/Stopped after step \d+, .*\.\nNothing was saved: give --save FILE/);
  });

  test('before the first step stops the reading', async () => {
    mkdirSync(folder.at('early'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', folder.at('early/pipe')]);
    const { process: child, outcome } = start(['--data', 'pipe', '--save', 'x.ckpt'], folder.at('early'));
    const pipe = await open(folder.at('early/pipe'), 'w'); // waits for the program to begin to read
    child.kill('SIGINT');
    const { status, stdout } = await outcome;
    await pipe.close();
    expect(stdout).toBe('Stopped before the first step: nothing was trained or written.\n');
    expect(status).toBe(130);
    expect(readdirSync(folder.at('early'))).toStrictEqual(['pipe']);
  });

  test('and a reader that is gone both stop the run', async () => {
    const { process: child, outcome } = start(
      [...long, '--epochs', '1000', '--save', 'piped.ckpt'],
      folder.path,
    );
    await written(child, /^ +1 .*%/m);
    child.stdout?.destroy();
    const { status, stderr } = await outcome;
    expect([status, stderr]).toStrictEqual([130, '']);
    expect(readdirSync(folder.path)).toContain('piped.ckpt');
  });
});

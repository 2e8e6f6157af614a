import * as fs from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { Workspace } from './workspace.ts';

/** The process group of a run: what a terminal sends Ctrl-C to. */
function group(pid: number | undefined): number {
  if (pid === undefined) throw new Error('The run has no process.');
  return -pid;
}

const says = (text: string): string[] => ['node', '-e', `console.log(${JSON.stringify(text)})`];

describe('installing', () => {
  test('happens before the first command, with the pinned pnpm and the frozen lockfile', async () => {
    using workspace = new Workspace();
    const { code, stdout } = await workspace.run(says('ran'));
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: 'ran\n' });
    expect(workspace.installs).toStrictEqual(['--yes pnpm@1.2.3 install --frozen-lockfile']);
  });

  test('happens again only when the lockfile has changed', async () => {
    using workspace = new Workspace();
    await workspace.run(says('first'));
    await workspace.run(says('second'));
    expect(workspace.installs).toHaveLength(1);
    workspace.write('pnpm-lock.yaml', 'another lockfile');
    await workspace.run(says('third'));
    expect(workspace.installs).toHaveLength(2);
  });

  test('happens once when several runs start together, and all of them go on', async () => {
    using workspace = new Workspace();
    workspace.installer('sleep 0.5; cp pnpm-lock.yaml node_modules/.pnpm/lock.yaml');
    const outcomes = await Promise.all([1, 2, 3].map(() => workspace.run(says('ran'))));
    expect(outcomes.map(({ code, stdout }) => ({ code, stdout }))).toStrictEqual(
      [1, 2, 3].map(() => ({ code: 0, stdout: 'ran\n' })),
    );
    expect(workspace.installs).toHaveLength(1);
  });

  test('is not held up by the lock of a run that was killed', async () => {
    using workspace = new Workspace();
    const { child } = workspace.start(says('a process that has ended'));
    await new Promise((resolve) => child.once('close', resolve));
    workspace.write('pnpm-lock.yaml', 'another lockfile');
    workspace.write('.setup.lock', String(child.pid));
    const { code } = await workspace.run(says('ran'));
    expect(code).toBe(0);
    expect(workspace.installs).toHaveLength(2);
  });

  test('waits for the lock of a run that is alive', async () => {
    using workspace = new Workspace();
    const lock = workspace.write('.setup.lock', String(process.pid));
    const run = workspace.start(says('ran'));
    await run.printed('Another run is installing the workspace');
    expect(workspace.installs).toHaveLength(0);
    fs.rmSync(lock);
    expect((await run.outcome).code).toBe(0);
    expect(workspace.installs).toHaveLength(1);
  });

  test('that fails ends the run with its exit code, says so, and leaves no lock', async () => {
    using workspace = new Workspace();
    workspace.installer('exit 7');
    const { code, stdout, stderr } = await workspace.run(says('must not run'));
    expect({ code, stdout }).toStrictEqual({ code: 7, stdout: '' });
    expect(stderr).toContain('could not be installed');
    expect(fs.readdirSync(workspace.root).filter((name) => name.startsWith('.setup'))).toStrictEqual([]);
  });
});

describe('the command', () => {
  test('runs at the root of the workspace with its own tools first', async () => {
    using workspace = new Workspace();
    const { stdout } = await workspace.run(['node', '-p', 'process.cwd() + " " + process.env.PATH']);
    expect(stdout).toMatch(new RegExp(`^${workspace.root} ${join(workspace.root, 'node_modules', '.bin')}:`));
  });

  test('gets its arguments untouched', async () => {
    using workspace = new Workspace();
    const odd = ['a b', '"', '$HOME', '', '--x=1'];
    const { stdout } = await workspace.run([
      'node',
      '-p',
      'JSON.stringify(process.argv.slice(1))',
      '--',
      ...odd,
    ]);
    expect(JSON.parse(stdout)).toStrictEqual(odd);
  });

  test('decides the exit code', async () => {
    using workspace = new Workspace();
    expect((await workspace.run(['node', '-e', 'process.exit(3)'])).code).toBe(3);
  });

  test('that cannot be found is named, with exit code 127', async () => {
    using workspace = new Workspace();
    const { code, stderr } = await workspace.run(['no-such-command']);
    expect(code).toBe(127);
    expect(stderr).toContain('no-such-command');
  });

  test('that dies of a signal makes the run die of it too', async () => {
    using workspace = new Workspace();
    const { code, signal } = await workspace.run(['node', '-e', 'process.kill(process.pid, "SIGKILL")']);
    expect({ code, signal }).toStrictEqual({ code: null, signal: 'SIGKILL' });
  });

  test('finishes its work after Ctrl-C, and the run ends after it with its exit code', async () => {
    using workspace = new Workspace();
    const program = `
      process.on('SIGINT', () => setTimeout(() => { console.log('saved'); process.exit(130); }, 400));
      setInterval(() => {}, 1000);
      console.log('ready');`;
    const run = workspace.start(['node', '-e', program]);
    await run.printed('ready');
    process.kill(group(run.child.pid), 'SIGINT');
    const { code, signal, stdout } = await run.outcome;
    expect({ code, signal, stdout }).toStrictEqual({ code: 130, signal: null, stdout: 'ready\nsaved\n' });
  });

  test('that does not handle Ctrl-C ends the run by that signal', async () => {
    using workspace = new Workspace();
    const run = workspace.start(['node', '-e', 'setInterval(() => {}, 1000); console.log("ready")']);
    await run.printed('ready');
    process.kill(group(run.child.pid), 'SIGINT');
    expect((await run.outcome).signal).toBe('SIGINT');
  });

  test('is told to end when the run alone is told to', async () => {
    using workspace = new Workspace();
    const program = `
      process.on('SIGTERM', () => { console.log('told'); process.exit(0); });
      setInterval(() => {}, 1000);
      console.log('ready');`;
    const run = workspace.start(['node', '-e', program]);
    await run.printed('ready');
    run.child.kill('SIGTERM');
    const { code, stdout } = await run.outcome;
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: 'ready\ntold\n' });
  });
});

describe('Node', () => {
  test('is the one that the workspace installed', async () => {
    using workspace = new Workspace();
    await workspace.run(says('ran'));
    expect(workspace.node).toBe(process.execPath);
  });

  test('is the one that ASGD_NODE names, for that run, and turbo is told its version', async () => {
    using workspace = new Workspace();
    const other = workspace.write('other/node', `#!/bin/sh\nexec "${process.execPath}" "$@"\n`);
    fs.chmodSync(other, 0o755);
    const { stdout } = await workspace.run(['node', '-p', 'process.env.ASGD_NODE_VERSION'], {
      ASGD_NODE: other,
    });
    expect(stdout).toBe(`${process.version}\n`);
    expect(workspace.node).toBe(other);
    await workspace.run(says('without it'));
    expect(workspace.node).toBe(process.execPath);
  });

  test('that does not exist is an error that names it', async () => {
    using workspace = new Workspace();
    const { code, stderr } = await workspace.run(says('must not run'), { ASGD_NODE: '/no/such/node' });
    expect(code).toBe(1);
    expect(stderr).toContain('/no/such/node');
  });
});

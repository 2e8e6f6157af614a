// Runs a command with the workspace's own Node and pnpm, installing the workspace first when needed.
// This file alone must run on whatever Node a fresh machine has (20.11 or later), with nothing installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const bin = join(root, 'node_modules', '.bin');

if (!isInstalled()) install();
process.exit(run(process.argv[2], process.argv.slice(3)));

/** pnpm keeps a copy of the lockfile it last installed from. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.pnpm', 'lock.yaml');
  return existsSync(installed) && readFileSync(installed).equals(readFileSync(join(root, 'pnpm-lock.yaml')));
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const status = run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile']);
  if (status !== 0) process.exit(status);
}

function run(command, args) {
  const env = { ...process.env, PATH: bin + delimiter + process.env.PATH };
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) {
    console.error(`Could not start ${command}: ${error.message}`);
    return 1;
  }
  if (signal) process.kill(process.pid, signal);
  return status ?? 1;
}

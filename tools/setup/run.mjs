// Runs a command with the workspace's own Node and tools, installing the workspace first when needed.
// This file must run on whatever Node a fresh machine has (20.11 or later), with nothing installed.
//
//   node tools/setup/run.mjs turbo run test
//
// ASGD_NODE=/path/to/node runs everything on that Node instead: continuous integration tests other versions so.
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = join(root, 'node_modules', '.bin');
const lock = join(root, '.setup.lock');

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('Expected a command to run, such as: node tools/setup/run.mjs turbo run test');
  process.exit(2);
}

if (!isInstalled()) {
  const outcome = await alone(install);
  if (outcome.code !== 0) {
    console.error('The workspace could not be installed: see above. It takes npm and a package registry.');
    exitAs(outcome);
  }
}
exitAs(await run(command, args, environment()));

/** pnpm, as its last act, keeps a copy of the lockfile that it installed from. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.pnpm', 'lock.yaml');
  const wanted = join(root, 'pnpm-lock.yaml');
  return fs.existsSync(installed) && fs.readFileSync(installed).equals(fs.readFileSync(wanted));
}

function install() {
  const { packageManager } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8'));
  console.error(
    `Installing the workspace with ${packageManager}. This happens again only when the lockfile changes.`,
  );
  const env = { ...process.env, npm_config_update_notifier: 'false' };
  return run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], env);
}

/** Holds the lock while `work` runs. Whoever waited for it finds the workspace installed. */
async function alone(work) {
  for (let waited = false; !takeLock(); waited = true) {
    if (!waited) console.error('Another run is installing the workspace: waiting for it.');
    await sleep(200);
  }
  try {
    return isInstalled() ? { code: 0, signal: null } : await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

/** A link appears at once and with its content, so nobody reads a lock that has no owner in it yet. */
function takeLock() {
  const mine = `${lock}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    dropAbandonedLock(mine);
    return false;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

function dropAbandonedLock(mine) {
  try {
    const owner = fs.readFileSync(lock, 'utf8');
    if (isAlive(Number(owner))) return;
    fs.renameSync(lock, mine);
    // Another run may have done the same a moment ago and hold the lock by now: then it is put back.
    if (fs.readFileSync(mine, 'utf8') !== owner) fs.linkSync(mine, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The workspace's own tools come first; turbo's telemetry, and its notice about it, stay off. */
function environment() {
  const path = bin + delimiter + process.env.PATH;
  const env = { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  const node = process.env.ASGD_NODE;
  useNode(node ? resolve(node) : join(root, 'node_modules', 'node', 'bin', 'node'));
  // Turbo counts this into its hashes: what passed on one version of Node is not known to pass on another.
  if (node) env.ASGD_NODE_VERSION = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return env;
}

/**
 * pnpm puts its .bin folder before everything else on the PATH of every script, and the tools in it start the `node`
 * beside them. So that link is the one place that decides on which Node the workspace runs.
 */
function useNode(node) {
  const link = join(bin, 'node');
  if (process.platform === 'win32') return;
  if (!fs.existsSync(node)) {
    console.error(
      `There is no Node at ${node}. Correct ASGD_NODE, or delete node_modules and run this again.`,
    );
    process.exit(1);
  }
  if (fs.existsSync(link) && fs.realpathSync(link) === fs.realpathSync(node)) return;
  fs.symlinkSync(node, `${link}.${process.pid}`);
  fs.renameSync(`${link}.${process.pid}`, link);
}

/**
 * A terminal sends Ctrl-C to every process in the foreground: the command gets it too and decides what to do, so this
 * wrapper only outlives it. Other signals reach this process alone and are passed on.
 */
function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    const forward = (signal) => child.kill(signal);
    const ignore = () => {};
    process.on('SIGINT', ignore).on('SIGTERM', forward).on('SIGHUP', forward);
    const end = (outcome) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward).off('SIGHUP', forward);
      resolve(outcome);
    };
    child.on('exit', (code, signal) => end({ code, signal }));
    child.on('error', (error) => {
      console.error(`Could not start ${command}: ${error.message}`);
      end({ code: error.code === 'ENOENT' ? 127 : 126, signal: null });
    });
  });
}

/** Ends this process the way its child ended. */
function exitAs({ code, signal }) {
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(code ?? 1);
}

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const app = join(import.meta.dirname, '..');

/** Without a cache, a short run would spend most of its time on stripping types. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'asgd-train-compile-cache');

/** How a program ended and what it wrote. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts asgd-train from its sources, as a shell would. */
export function start(
  args: readonly string[],
  cwd: string,
  options: SpawnOptions = {},
): { process: ChildProcess; outcome: Promise<Outcome> } {
  const main = join(app, 'src', 'main.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--conditions=@asgd/source', main, ...args],
    {
      cwd,
      env: { ...process.env, NODE_COMPILE_CACHE },
      ...options,
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  return { process: child, outcome };
}

/** Runs asgd-train to its end. */
export function asgdTrain(args: readonly string[], cwd: string): Promise<Outcome> {
  return start(args, cwd).outcome;
}

/** Waits until the program has written something that matches. */
export function written(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve();
    });
    child.on('close', () => reject(new Error(`it ended without writing ${pattern}: ${text}`)));
  });
}

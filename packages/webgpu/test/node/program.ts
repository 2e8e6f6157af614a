import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

export interface ProgramOptions {
  readonly args?: readonly string[];
  /** Node's command-line flags. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the program if it does not end by itself. */
  readonly limit: AbortSignal;
}

/** Runs one of programs/ in a process of its own. */
export async function runProgram(name: string, options: ProgramOptions): Promise<Ended> {
  const { args = [], flags = [], env = {}, limit } = options;
  const path = join(import.meta.dirname, 'programs', name);
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--conditions=@asgd/source', ...flags, path, ...args],
    { env: { ...process.env, ...env }, signal: limit, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

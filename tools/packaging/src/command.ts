import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A program's name and arguments. */
export type Command = readonly [program: string, ...parameters: string[]];

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the program, and what it has started. */
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export async function run(command: Command, options: CommandOptions): Promise<Outcome> {
  const { child, output } = begin(command, options);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...output() };
}

/** Runs a program that has to succeed. */
export async function succeed(command: Command, options: CommandOptions): Promise<Outcome> {
  const outcome = await run(command, options);
  const { status, stdout, stderr } = outcome;
  if (status === 0) return outcome;
  throw new Error(`${command.join(' ')} ended with ${status} in ${options.cwd}:\n${stdout}${stderr}`);
}

/** Starts a server, and returns the port that it is given once it listens there. */
export async function serve(command: (port: number) => Command, options: CommandOptions): Promise<number> {
  const port = await freePort();
  const { child, output } = begin(command(port), options);
  while (!(await isListening(port))) {
    if (child.exitCode !== null || options.signal.aborted) {
      const { stdout, stderr } = output();
      throw new Error(`${command(port).join(' ')} does not serve in ${options.cwd}:\n${stdout}${stderr}`);
    }
    await setTimeout(50);
  }
  return port;
}

interface Begun {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => { readonly stdout: string; readonly stderr: string };
}

function begin([program, ...parameters]: Command, { cwd, env, signal }: CommandOptions): Begun {
  signal.throwIfAborted();
  // In a process group of its own, so that it ends with what it starts.
  const child = spawn(program, parameters, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid);
  };
  signal.addEventListener('abort', end);
  child.once('close', () => signal.removeEventListener('abort', end));
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  return { child, output: () => ({ stdout: stdout(), stderr: stderr() }) };
}

function collect(stream: ChildProcess['stdout']): () => string {
  const pieces: string[] = [];
  stream?.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  return () => pieces.join('');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // not a pipe
  server.close();
  await once(server, 'close');
  return port;
}

/** Development servers listen on what `localhost` is, which may be IPv6 alone. */
async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, 'localhost');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

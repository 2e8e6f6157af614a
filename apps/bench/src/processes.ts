import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Comparison, Outcome } from './pairing.ts';
import type { Effort } from './sampling.ts';

/** What a process is told to measure. */
export interface Assignment {
  readonly comparisons: readonly Comparison[];
  readonly python: string;
  readonly effort: Effort;
}

/**
 * Measures in a process of its own, and hands over each outcome as it comes, in order. If the process ends early,
 * what is left was not measured, and the reason says how it ended.
 * @param stop ends the process at once; there are no more outcomes then
 * @param execArgv options of the engine
 */
export async function* measureApart(
  assignment: Assignment,
  stop: AbortSignal,
  execArgv: readonly string[] = process.execArgv,
): AsyncGenerator<Outcome> {
  const source = new URL('./pairing-process.ts', import.meta.url);
  const file = fileURLToPath(source).replace(/\.ts$/, extname(import.meta.url)); // .js when built
  const child = fork(file, { execArgv: [...execArgv] });
  let ended = 'it could not be started';
  child.once('exit', (code, signal) => (ended = signal ?? `exit status ${code}`));
  child.send(assignment, () => {}); // one that has ended already does not get it; its exit status says more
  let count = 0;
  try {
    // Waits until it has ended too, so that the next process has the machine to itself.
    const messages = on(child, 'message', { close: ['close'], signal: stop }) as AsyncIterable<[Outcome]>;
    for await (const [outcome] of messages) {
      count++;
      yield outcome;
    }
  } catch (error) {
    if (stop.aborted) return;
    throw error;
  } finally {
    await end(child);
  }
  for (; count < assignment.comparisons.length; count++) {
    yield { status: 'not measured', reason: `the process that measured it ended first (${ended})` };
  }
}

/** How long a process may take to clean up: it only hears a signal between two pairs of samples. */
const grace = 2000;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), grace);
  await exited;
  clearTimeout(timer);
}

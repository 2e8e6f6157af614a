// The program of a worker thread, for Node, Deno and browsers. `npm run generate` bundles it into worker.generated.ts as
// text, so that a worker can be started without a file.

import { awakeWord, TICKET, work } from './work-queue.ts';
import type { KernelExports } from './module.ts';

/** What the main thread sends to a new worker. */
export interface Assignment {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The address of the control words. */
  readonly control: number;
  /** How many threads there are, and which of them this is; 0 is the main thread. */
  readonly threads: number;
  readonly thread: number;
}

interface Port {
  onmessage: ((event: { readonly data: Assignment }) => void) | null;
  postMessage(message: 'ready'): void;
}

/** After a step a worker stays awake this long, for steps that follow each other closely. */
const SPIN_MS = 0.1;

/** How often a worker checks for a new step before it reads the clock, which takes longer. */
const GLANCES = 100;

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = (node?.parentPort ?? globalThis) as unknown as Port; // both have these two members

// oxlint-disable-next-line unicorn/prefer-add-event-listener -- in Node it would not start the port
port.onmessage = ({ data }) => {
  const { module, memory, control, threads, thread } = data;
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  const words = new Int32Array(memory.buffer, control);
  const awake = awakeWord(thread);
  let ticket = Atomics.load(words, TICKET);
  Atomics.store(words, awake, 1);
  port.postMessage('ready');
  for (let share = 0; ; share = work(words, threads, thread, run)) {
    if (!isWorthSpinning(share) || !changesSoon(words, ticket)) {
      Atomics.store(words, awake, 0);
      Atomics.wait(words, TICKET, ticket);
      Atomics.store(words, awake, 1);
    }
    ticket = Atomics.load(words, TICKET);
  }
};

/**
 * A worker that came too late, or did nearly all the work, seems to share a core with the main thread. If it spins, it
 * keeps the main thread from running.
 */
function isWorthSpinning(share: number): boolean {
  return share > 0 && share < 0.8;
}

/** Spins for a while. Returns whether there is another step. */
function changesSoon(words: Int32Array, ticket: number): boolean {
  const end = performance.now() + SPIN_MS;
  do {
    for (let glance = 0; glance < GLANCES; glance++) {
      if (Atomics.load(words, TICKET) !== ticket) return true;
    }
  } while (performance.now() < end);
  return false;
}

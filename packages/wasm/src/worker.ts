// The program of a worker thread, in Node, Deno and browsers alike. `npm run generate` bundles it into
// worker.generated.ts, as text that a worker can be started from without a file.

import { awakeWord, TICKET, work } from './chunks.ts';
import type { KernelExports } from './module.ts';

/** What the main thread sends to a new worker. */
export interface Assignment {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Where the control words are. */
  readonly control: number;
  /** How many threads there are, and which of them this is; 0 is the main thread. */
  readonly threads: number;
  readonly thread: number;
}

interface Port {
  onmessage: ((event: { readonly data: Assignment }) => void) | null;
  postMessage(message: 'ready'): void;
}

/** Between steps that follow each other closely a worker stays awake: a tenth of a millisecond. */
const SPIN_MS = 0.1;

/** Looks between two at the clock, which takes longer. */
const GLANCES = 100;

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = (node?.parentPort ?? globalThis) as unknown as Port; // both have these two members

// oxlint-disable-next-line unicorn/prefer-add-event-listener -- which in Node would leave the port unstarted
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
 * A worker that came too late, or that did nearly all, has no processor of its own at present: spinning would keep the
 * main thread from the one that they share.
 */
function isWorthSpinning(share: number): boolean {
  return share > 0 && share < 0.8;
}

/** Looks for another ticket for as long as is worth it. */
function changesSoon(words: Int32Array, ticket: number): boolean {
  const end = performance.now() + SPIN_MS;
  do {
    for (let glance = 0; glance < GLANCES; glance++) {
      if (Atomics.load(words, TICKET) !== ticket) return true;
    }
  } while (performance.now() < end);
  return false;
}

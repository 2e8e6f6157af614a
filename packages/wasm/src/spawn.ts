import type * as WorkerThreads from 'node:worker_threads';
import type { Assignment } from './worker.ts';
import { program } from './worker.generated.ts';

/** A running worker thread, in any runtime. It does not keep the process alive. */
export interface Thread {
  end(): Promise<void>;
}

/** The name that debuggers show for a worker. */
const name = 'asgd-wasm';

/** How long a worker may take to start. Some page policies stop one without an error. */
const START_MS = 10_000;

/** Starts a worker, or rejects where workers are refused. Calls `onEnd` if the worker ends by itself. */
export function spawn(assignment: Assignment, onEnd: (reason: unknown) => void): Promise<Thread> {
  // Bundlers for browsers would fail on an import of Node's module. They do not see this.
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  return node ? spawnInNode(node, assignment, onEnd) : spawnInPage(assignment, onEnd);
}

async function spawnInNode(
  { Worker }: typeof WorkerThreads,
  assignment: Assignment,
  onEnd: (reason: unknown) => void,
): Promise<Thread> {
  // Without the main thread's flags: a loader or a profiler has nothing to do in a worker.
  const worker = new Worker(program, { eval: true, execArgv: [], name });
  worker.on('error', onEnd);
  worker.on('exit', onEnd);
  const thread: Thread = {
    end: async () => {
      await worker.terminate();
    },
  };
  await started(thread, (resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', reject);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    worker.postMessage(assignment);
  });
  worker.unref();
  return thread;
}

async function spawnInPage(assignment: Assignment, onEnd: (reason: unknown) => void): Promise<Thread> {
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  try {
    const worker = new Worker(trust(url), { name });
    worker.addEventListener('error', onEnd);
    const thread: Thread = { end: async () => worker.terminate() };
    await started(thread, (resolve, reject) => {
      worker.addEventListener('message', resolve, { once: true });
      worker.addEventListener('error', reject, { once: true });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
      worker.postMessage(assignment);
    });
    return thread;
  } finally {
    URL.revokeObjectURL(url);
  }
}

declare const trustedTypes: {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): typeof policy & object;
};
let policy: { createScriptURL(url: string): string } | undefined;

/** For pages with Trusted Types, which may list the policies that they allow. Elsewhere, and if not listed: the address. */
function trust(url: string): string {
  try {
    policy ??= trustedTypes.createPolicy(name, { createScriptURL: (own) => own });
    return policy.createScriptURL(url);
  } catch {
    return url;
  }
}

/** Waits for a worker's first message, and ends the worker if it does not come. */
async function started(
  thread: Thread,
  listen: (resolve: (message: unknown) => void, reject: (reason: unknown) => void) => void,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`A worker did not start within ${START_MS} ms.`)), START_MS);
      listen(resolve, reject);
    });
  } catch (error) {
    await thread.end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

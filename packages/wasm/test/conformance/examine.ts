import { writeReport } from '@asgd/browser/reports';
import { conformance } from '@asgd/conformance/vitest';
import { type Backend, defineBackend, type HostScalars, type RealArray } from '@asgd/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FailNext } from '@asgd/conformance';
import type * as WorkerThreads from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { type Engine, startEngine } from '../../src/engine.ts';
import { wasm } from '../../src/index.ts';
import { WasmKernels } from '../../src/kernels.ts';
import type { Storage } from '../../src/memory.ts';
import type { Plan } from '../../src/plan.ts';
import { checkOptions } from '../../src/options.ts';

/** A cache line, so that threads share even the smallest tensors that have two. */
const CHUNK_BYTES = 64;

/** In Node, and in pages that are cross-origin isolated. */
const hasThreads = globalThis.crossOriginIsolated ?? true;

const nodeThreads = globalThis.process?.getBuiltinModule?.('node:worker_threads') as
  { Worker: (typeof WorkerThreads)['Worker'] } | undefined;

/**
 * Runs the whole suite on this many threads, where that differs from another run. A page has threads if it is isolated;
 * on one thread the backend does the same in both kinds of pages. Sizes depend on the engine, which Node and Chromium
 * share.
 */
export function examine(threads: number): void {
  // Starting threads for each of the suite's thousands of cases would take minutes.
  const engine = {
    async start(): Promise<Shared> {
      const workers = watchWorkers();
      const parts = await startEngine(checkOptions({ threads }), CHUNK_BYTES);
      return { parts, workers: workers.end(), kernels: new WasmKernels(parts) };
    },
    stop: ({ kernels }: Shared) => kernels.close(),
  };

  const open = ({ kernels }: Shared): Backend<RealArray> => lend(kernels);
  const goesWrong = { limitMemory, failNext, ...(threads > 1 && nodeThreads ? { loseDevice } : {}) };
  const name = `wasm, ${threads} ${threads === 1 ? 'thread' : 'threads'}${hasThreads ? '' : ', page not isolated'}`;
  conformance(
    { name, engine, open, ...goesWrong },
    nodeThreads || hasThreads === threads > 1
      ? {
          thorough: threads === 2 && nodeThreads !== undefined,
          onReport: (report) => writeReport('conformance', `wasm-${threads}`, report),
        }
      : { only: 'step/*' },
  );

  describe('as it is opened by users', () => {
    let backend: Backend<RealArray>;
    beforeAll(async () => {
      backend = await wasm({ threads });
    });
    afterAll(() => backend.close());

    test('says how many threads it has', () => {
      expect(backend.capabilities.threads).toBe(hasThreads ? threads : 1);
    });
    conformance(
      { name: `wasm({ threads: ${threads} })`, open: () => wasm({ threads }) },
      {
        only: 'lifecycle/*',
        expectations: [
          {
            id: 'lifecycle/memory/forgotten-gradients/*',
            outcome: 'skip',
            reason: 'takes seconds, and the run of the whole suite has it on the same heap',
          },
        ],
      },
    );
  });
}

interface Shared {
  readonly parts: Engine;
  readonly kernels: WasmKernels;
  /** In Node. A page is not told when a worker ends. */
  readonly workers: readonly Worker[];
}

/** Collects the workers that are started until `end`. */
function watchWorkers(): { end(): readonly Worker[] } {
  const workers: Worker[] = [];
  const NodeWorker = nodeThreads?.Worker;
  if (!nodeThreads || !NodeWorker) return { end: () => workers };
  nodeThreads.Worker = class extends NodeWorker {
    constructor(...given: ConstructorParameters<(typeof WorkerThreads)['Worker']>) {
      super(...given);
      workers.push(this);
    }
  };
  return {
    end() {
      nodeThreads.Worker = NodeWorker;
      return workers;
    },
  };
}

/** A thread dies between two steps. Its end is known when the process has been told. */
async function loseDevice(_: Backend, { workers }: Shared): Promise<void> {
  await workers[0]?.terminate();
  await new Promise((resolve) => setTimeout(resolve));
}

/** A machine that has no addresses for a larger memory. The backend asks for half as much, and for half again. */
async function limitMemory(bytes: number): Promise<Backend<RealArray>> {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if ((descriptor.maximum ?? 0) * 65_536 > 2 * bytes) throw new RangeError('could not allocate memory');
      super(descriptor);
    }
  };
  try {
    return await wasm({ threads: 1 });
  } finally {
    WebAssembly.Memory = Memory;
  }
}

/** The heap is asked for more than 4 GiB, and the copy of a read for more than JavaScript has. */
const failNext: FailNext<Shared> = {
  allocate(_, nth, { parts: { heap } }) {
    const honest = heap.allocate.bind(heap);
    let left = nth;
    heap.allocate = (bytes, what) => honest(--left === 0 ? 2 ** 33 : bytes, what);
  },
  read(_, nth, { kernels }) {
    const [read, view] = [kernels.read.bind(kernels), kernels.view.bind(kernels)];
    let left = nth;
    kernels.read = (storage) => {
      if (--left !== 0) return read(storage);
      kernels.view = (viewed) =>
        Object.defineProperty(view(viewed), 'slice', {
          value() {
            throw new RangeError('Array buffer allocation failed');
          },
        });
      try {
        return read(storage);
      } finally {
        kernels.view = view;
      }
    };
  },
};

/** A backend that shares threads and memory with others. */
function lend(kernels: WasmKernels): Backend<RealArray> {
  const held = new Set<Storage>();
  return defineBackend<Storage, RealArray, Plan>({
    name: kernels.name,
    contract: kernels.contract,
    capabilities: kernels.capabilities,
    allocate(dtype, length) {
      const storage = kernels.allocate(dtype, length);
      held.add(storage);
      return storage;
    },
    free(storage) {
      held.delete(storage);
      kernels.free(storage);
    },
    write: (storage, values) => kernels.write(storage, values),
    read: (storage) => kernels.read(storage),
    copy: (source, target) => kernels.copy(source, target),
    prepare: (batch) => kernels.prepare(batch),
    step: (plan, scalars) => kernels.step(plan, scalars as HostScalars),
    release: () => kernels.release(),
    view: (storage) => kernels.view(storage),
    wrap: (source, dtype) => kernels.wrap(source, dtype),
    synchronize: () => kernels.synchronize(),
    async close() {
      for (const storage of held) kernels.free(storage);
    },
  });
}

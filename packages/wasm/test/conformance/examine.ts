import { writeReport } from '@asgd/browser/reports';
import { conformance } from '@asgd/conformance/vitest';
import { type Backend, defineBackend, type HostScalars, type RealArray } from '@asgd/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../src/engine.ts';
import { wasm } from '../../src/index.ts';
import { WasmKernels } from '../../src/kernels.ts';
import type { Storage } from '../../src/memory.ts';
import type { Plan } from '../../src/plan.ts';
import { checkOptions } from '../../src/options.ts';

/** A cache line, so that threads share even the smallest tensors that have two. */
const CHUNK_BYTES = 64;

/** In Node, and in pages that are cross-origin isolated. */
const hasThreads = globalThis.crossOriginIsolated ?? true;

/** Runs the whole suite on this many threads, or on one where threads are not available. */
export function examine(threads: number): void {
  // Starting threads for each of the suite's thousands of cases would take minutes.
  const engine = {
    start: async () => new WasmKernels(await startEngine(checkOptions({ threads }), CHUNK_BYTES)),
    stop: (kernels: WasmKernels) => kernels.close(),
  };

  const name = `wasm, ${threads} ${threads === 1 ? 'thread' : 'threads'}${hasThreads ? '' : ', page not isolated'}`;
  conformance(
    { name, engine, open: lend },
    // A page without threads runs the whole suite once.
    hasThreads || threads === 1
      ? {
          thorough: threads === 2,
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
      { only: 'lifecycle/*' },
    );
  });
}

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

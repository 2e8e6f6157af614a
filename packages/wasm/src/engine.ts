import type { HostScalars } from '@asgd/core';
import { CHUNK_BYTES, controlBytes } from './work-queue.ts';
import { WorkerPool } from './worker-pool.ts';
import { type Heap, LentHeap, NoHeap, OwnHeap } from './heap.ts';
import { TensorMemory } from './memory.ts';
import { openMemory } from './memory-limits.ts';
import { compileKernels, instantiateKernels, type KernelExports } from './module.ts';
import type { Settings } from './options.ts';
import { MOST_PART_BYTES, type Plan, readPart } from './plan.ts';
import { PlanMemory } from './plan-memory.ts';

/** Everything behind one backend: its memory, the kernels over it, and the threads. */
export interface Engine {
  readonly tensors: TensorMemory;
  readonly heap: Heap;
  readonly pool: WorkerPool | undefined;
  /** Why there are fewer threads than the settings ask for. */
  readonly threadsReason: string | undefined;
  readonly update: (plan: Plan, scalars: HostScalars) => void;
}

/**
 * @param chunkBytes how much one thread takes at a time
 * @throws ArgumentError, UnsupportedError, OutOfMemoryError
 */
export async function startEngine(settings: Settings, chunkBytes: number = CHUNK_BYTES): Promise<Engine> {
  const isShared = settings.memory ? isSharedMemory(settings.memory) : settings.threads > 1 && mayShare();
  const module = await compileKernels(isShared);
  const { memory, heap } = findMemory(settings, isShared);
  const kernels = instantiateKernels(module, memory);
  const tensors = new TensorMemory(memory, heap);
  const obstacle = settings.threads > 1 ? findObstacle(heap, isShared) : undefined;
  if (heap instanceof NoHeap) {
    return { tensors, heap, pool: undefined, threadsReason: obstacle, update: updateEach(kernels) };
  }

  const planMemory = new PlanMemory(memory, heap.allocate(MOST_PART_BYTES, 'the plan of a step').address);
  const { threads } = settings;
  const { pool, refusal } =
    threads > 1 && obstacle === undefined
      ? await startPool({ memory, module, heap, kernels, threads, chunkBytes })
      : {};
  const update: Engine['update'] = (plan, scalars) => {
    for (const part of plan) {
      planMemory.write(part, scalars);
      if (pool) pool.update(planMemory.address, part.bytes);
      else kernels.run(planMemory.address, 0, part.bytes);
    }
  };
  return { tensors, heap, pool, threadsReason: obstacle ?? refusal, update };
}

function findMemory(
  { memory, heap }: Settings,
  isShared: boolean,
): { memory: WebAssembly.Memory; heap: Heap } {
  if (memory) return { memory, heap: heap ? new LentHeap(memory, heap) : new NoHeap() };
  const own = openMemory(isShared);
  return { memory: own.memory, heap: new OwnHeap(own.memory, own.maximum) };
}

interface PoolSources {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly heap: Heap;
  readonly kernels: KernelExports;
  readonly threads: number;
  readonly chunkBytes: number;
}

async function startPool(
  sources: PoolSources,
): Promise<{ readonly pool?: WorkerPool; readonly refusal: string | undefined }> {
  const { heap, kernels, threads } = sources;
  const control = heap.allocate(controlBytes(threads), 'the words that its threads share');
  const pool = await WorkerPool.start({ ...sources, control: control.address, run: kernels.run });
  const { refusal } = pool;
  if (pool.size > 0) return { pool, refusal };
  heap.free(control);
  return { refusal };
}

/** For a backend that may write only what it updates, and so has no place for plans in the memory. */
function updateEach({ setUp, updateTensor }: KernelExports): Engine['update'] {
  return (plan, { decay, eta, mu, weightDecay, sign }) => {
    for (const part of plan) {
      const { width, averaging, tensors } = readPart(part);
      setUp(width, averaging, part.bytes, decay, eta, mu, weightDecay, sign);
      for (const { parameter, gradient, average, bytes } of tensors) {
        updateTensor(parameter, gradient, average, 0, bytes);
      }
    }
  };
}

/** What keeps all work on one thread. */
function findObstacle(heap: Heap, isShared: boolean): string | undefined {
  if (heap instanceof NoHeap) return 'The option heap is missing: threads need memory for what they share.';
  if (!mayShare()) {
    return (
      'The page is not cross-origin isolated. Serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
      'Cross-Origin-Embedder-Policy: require-corp.'
    );
  }
  return isShared ? undefined : 'The option memory is not shared: make it with shared: true.';
}

/** A page must be cross-origin isolated to share memory with workers. Elsewhere there is no such rule. */
function mayShare(): boolean {
  return typeof SharedArrayBuffer === 'function' && (globalThis.crossOriginIsolated ?? true);
}

function isSharedMemory({ buffer }: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
}

import type { HostScalars } from '@asgd/core';
import { CHUNK_BYTES, controlBytes } from './chunks.ts';
import { Crew } from './crew.ts';
import { type Heap, LentHeap, NoHeap, OwnHeap } from './heap.ts';
import { TensorMemory } from './memory.ts';
import { openMemory } from './memory-limits.ts';
import { compileKernels, instantiateKernels, type KernelExports } from './module.ts';
import type { Settings } from './options.ts';
import { MOST_PART_BYTES, type Plan, readPart } from './plan.ts';
import { Table } from './table.ts';

/** Everything behind one backend: its memory, its kernels over it, and its threads. */
export interface Engine {
  readonly tensors: TensorMemory;
  readonly heap: Heap;
  readonly crew: Crew | undefined;
  readonly update: (plan: Plan, scalars: HostScalars) => void;
}

/**
 * @param chunkBytes what one thread takes at a time
 * @throws ArgumentError, UnsupportedError, OutOfMemoryError
 */
export async function startEngine(settings: Settings, chunkBytes: number = CHUNK_BYTES): Promise<Engine> {
  const isShared = settings.memory ? isSharedMemory(settings.memory) : settings.threads > 1 && mayShare();
  const module = await compileKernels(isShared);
  const { memory, heap } = findMemory(settings, isShared);
  const kernels = instantiateKernels(module, memory);
  const tensors = new TensorMemory(memory, heap);
  if (heap instanceof NoHeap) return { tensors, heap, crew: undefined, update: updateEach(kernels) };

  const table = new Table(memory, heap.allocate(MOST_PART_BYTES, 'the table of its steps').address);
  const threads = isShared && mayShare() ? settings.threads : 1;
  const crew =
    threads > 1 ? await gatherCrew({ memory, module, heap, kernels, threads, chunkBytes }) : undefined;
  const update: Engine['update'] = (plan, scalars) => {
    for (const part of plan) {
      table.write(part, scalars);
      if (crew) crew.update(table.address, part.bytes);
      else kernels.run(table.address, 0, part.bytes);
    }
  };
  return { tensors, heap, crew, update };
}

function findMemory(
  { memory, heap }: Settings,
  isShared: boolean,
): { memory: WebAssembly.Memory; heap: Heap } {
  if (memory) return { memory, heap: heap ? new LentHeap(memory, heap) : new NoHeap() };
  const own = openMemory(isShared);
  return { memory: own.memory, heap: new OwnHeap(own.memory, own.maximum) };
}

interface CrewSources {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly heap: Heap;
  readonly kernels: KernelExports;
  readonly threads: number;
  readonly chunkBytes: number;
}

async function gatherCrew(sources: CrewSources): Promise<Crew | undefined> {
  const { heap, kernels, threads } = sources;
  const control = heap.allocate(controlBytes(threads), 'what its threads share');
  const crew = await Crew.muster({ ...sources, control: control.address, run: kernels.run });
  if (crew.size > 0) return crew;
  heap.free(control);
  return undefined;
}

/** Where the backend may write nothing but what it updates, and so has no room for a table. */
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

/** Pages must be cross-origin isolated to share memory with workers; elsewhere there is no such rule. */
function mayShare(): boolean {
  return typeof SharedArrayBuffer === 'function' && (globalThis.crossOriginIsolated ?? true);
}

function isSharedMemory({ buffer }: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
}

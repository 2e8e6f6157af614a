import { DeviceLostError } from '@asgd/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  awakeWord,
  CHUNK_BYTES,
  controlBytes,
  countChunks,
  leftWord,
  PENDING,
  publish,
  TICKET,
  work,
} from '../src/work-queue.ts';
import { WorkerPool } from '../src/worker-pool.ts';
import { compileKernels, instantiateKernels, type Run } from '../src/module.ts';
import { makePlan } from '../src/plan.ts';
import { PlanMemory } from '../src/plan-memory.ts';
import * as spawning from '../src/spawn.ts';

const CONTROL = 1024;
const PLAN = 65_536;
const PARAMETER = 1 << 20;

const pools: WorkerPool[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const pool of pools.splice(0)) await pool.close();
});

interface Started {
  readonly pool: WorkerPool;
  readonly words: Int32Array;
  /** One update of a float32 tensor of this length: every element becomes 1 less. Returns the elements. */
  readonly update: (length: number) => Float32Array;
}

async function start(workers: number, spy?: Run): Promise<Started> {
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 512, shared: true });
  const module = await compileKernels(true);
  const { run } = instantiateKernels(module, memory);
  const plan = {
    module,
    memory,
    control: CONTROL,
    threads: workers + 1,
    run: spy ?? run,
    chunkBytes: CHUNK_BYTES,
  };
  const pool = await WorkerPool.start(plan);
  pools.push(pool);
  const planMemory = new PlanMemory(memory, PLAN);
  return {
    pool,
    words: new Int32Array(memory.buffer, CONTROL, controlBytes(workers + 1) / 4),
    update(length) {
      const [parameter, gradient] = [PARAMETER, 1 << 24].map((address) => ({
        dtype: 'float32' as const,
        address,
        length,
        size: 4 * length,
        allocation: null,
      }));
      if (!parameter || !gradient) throw new Error('unreachable');
      new Float32Array(memory.buffer, gradient.address, length).fill(1);
      const items = [{ parameter, gradient, average: null, length }];
      const scalars = { on: 'host', decay: 1, eta: 1, mu: 1, weightDecay: 0, sign: 1 } as const;
      for (const part of makePlan({ dtype: 'float32', averaging: 'none', items })) {
        planMemory.write(part, scalars);
        pool.update(PLAN, part.bytes);
      }
      return new Float32Array(memory.buffer, parameter.address, length);
    },
  };
}

const isAll = (values: Float32Array, value: number): boolean => values.every((each) => each === value);

/** More than a few chunks. */
const LARGE = 1_000_003;

describe('a worker pool', () => {
  test('updates every element once, step after step', async () => {
    const { pool, update } = await start(3);
    expect(pool.size).toBe(3);
    for (let step = 1; step <= 20; step++) expect(isAll(update(LARGE), -step)).toBe(true);
  });

  test('leaves its workers asleep when a step is small', async ({ task }) => {
    const run = vi.fn<Run>();
    const { words, update } = await start(1, run);
    await vi.waitUntil(() => Atomics.load(words, awakeWord(1)) === 0, task.timeout);
    const bytes = 15 * CHUNK_BYTES;
    update(bytes / 4);
    expect(Atomics.load(words, TICKET)).toBe(0);
    expect(run.mock.calls).toStrictEqual([[PLAN, 0, bytes]]);
  });

  test('wakes its workers for a large step', async ({ task }) => {
    // The main thread only waits, so whatever is updated was updated by the worker.
    const dawdle: Run = () => {
      const end = performance.now() + task.timeout / 2;
      while (!elements.includes(-1) && performance.now() < end);
    };
    const { words, update } = await start(1, dawdle);
    const elements = new Float32Array(words.buffer, PARAMETER, LARGE);
    await vi.waitUntil(() => Atomics.load(words, awakeWord(1)) === 0, task.timeout);
    expect(update(LARGE).includes(-1)).toBe(true);
  });

  test('leaves a worker out for a while when waiting for it takes longer than its help is worth', async () => {
    let words: Int32Array = new Int32Array(0);
    let isHolding = false;
    standIn((_, shared) => (words = shared));
    const { update } = await start(1, () => {
      // During the main thread's first chunk, the worker takes one, and is slow.
      if (!isHolding) Atomics.sub(words, leftWord(1), 1);
      isHolding = true;
    });
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      if (now === 8) Atomics.sub(words, PENDING, 1); // the worker has finished it
      return (now += 1);
    });
    const tickets: number[] = [];
    for (let step = 0; step < 8; step++) {
      [now, isHolding] = [0, false];
      update(LARGE);
      tickets.push(Atomics.load(words, TICKET));
    }
    // One step with it, one without, one with it, three without, …
    expect(tickets).toStrictEqual([1, 1, 2, 2, 2, 2, 3, 3]);
  });

  test('sleeps between steps', async ({ task: { timeout } }) => {
    const { words, update } = await start(1);
    update(LARGE);
    await vi.waitUntil(() => Atomics.load(words, awakeWord(1)) === 0, timeout);
    const isIdle = async (): Promise<boolean> => {
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { user, system } = process.cpuUsage(before);
      return user + system < 100_000; // µs
    };
    // Whatever else the process does ends some time.
    expect(await vi.waitUntil(isIdle, timeout)).toBe(true);
  });

  test('runs on the thread that calls where no worker can be started', async () => {
    vi.spyOn(spawning, 'spawn').mockRejectedValue(new Error('not here'));
    const { pool, update } = await start(2);
    expect(pool.size).toBe(0);
    expect(isAll(update(LARGE), -1)).toBe(true);
  });
});

describe('chunks', () => {
  const lines = [65_536, 65_600, 1_000_000, 2 ** 31];

  test.each(lines.flatMap((bytes) => [1, 2, 3, 8].map((threads) => [bytes, threads] as const)))(
    'of a line of %i bytes, in queues of %i threads, cover it once, without a gap',
    (bytes, threads) => {
      const words = new Int32Array(new SharedArrayBuffer(controlBytes(threads)));
      publish(words, threads, { batch: 8, bytes, count: countChunks(bytes, CHUNK_BYTES) });
      const done: (readonly [from: number, to: number])[] = [];
      const share = work(words, threads, threads - 1, (batch, from, to) => {
        expect([batch, from % 64]).toStrictEqual([8, 0]);
        done.push([from, to]);
      });
      const sorted = done.toSorted(([a], [b]) => a - b);
      expect(sorted.map(([from]) => from)).toStrictEqual([0, ...sorted.slice(0, -1).map(([, to]) => to)]);
      expect(sorted.at(-1)?.[1]).toBe(bytes);
      expect([share, Atomics.load(words, PENDING)]).toStrictEqual([1, 0]);
    },
  );

  test('of one thread are the same in every step, and its own come first', () => {
    const words = new Int32Array(new SharedArrayBuffer(controlBytes(3)));
    const orders = [0, 1, 2].map((thread) => {
      publish(words, 3, { batch: 8, bytes: 768, count: 6 });
      const done: number[] = [];
      work(words, 3, thread, (_, from) => done.push(from / 128));
      return done;
    });
    expect(orders).toStrictEqual([
      [0, 1, 2, 3, 4, 5],
      [2, 3, 4, 5, 0, 1],
      [4, 5, 0, 1, 2, 3],
    ]);
  });
});

/** Replaces the worker threads. `begin` plays one, and may call `end`. */
function standIn(begin: (thread: number, words: Int32Array, end: (reason: unknown) => void) => void): void {
  vi.spyOn(spawning, 'spawn').mockImplementation(async (assignment, onEnd) => {
    const { memory, control, thread } = assignment;
    begin(thread, new Int32Array(memory.buffer, control), onEnd);
    return { end: async () => {} };
  });
}

describe('a worker that dies', () => {
  test('between steps makes one call fail, before it has done anything; later steps run on the others', async () => {
    const ends: ((reason: unknown) => void)[] = [];
    standIn((_, __, end) => ends.push(end));
    const { pool, update } = await start(2);
    ends[0]?.('exit');
    expect(pool.size).toBe(1);
    expect(() => pool.reportLoss('harmful')).not.toThrow();
    expect(() => pool.reportLoss('always')).toThrow(DeviceLostError);
    expect(() => pool.reportLoss('always')).not.toThrow();
    expect(isAll(update(LARGE), -1)).toBe(true);
  });

  test('in the middle of a step is noticed, and what it may have left out is said once', async () => {
    let words: Int32Array = new Int32Array(0);
    standIn((thread, shared) => {
      words = shared;
      // Thread 2 sleeps; thread 1 is awake.
      if (thread === 1) Atomics.store(shared, awakeWord(1), 1);
    });
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
    let isFirst = true;
    const pool = await WorkerPool.start({
      module: await compileKernels(true),
      memory,
      control: CONTROL,
      threads: 3,
      chunkBytes: CHUNK_BYTES,
      // During the main thread's first chunk, the worker takes one, and dies.
      run() {
        if (isFirst) Atomics.sub(words, leftWord(1), 1);
        isFirst = false;
      },
    });
    pools.push(pool);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000)); // so that the wait is over sooner
    pool.update(PLAN, 10 * CHUNK_BYTES);
    expect(pool.size).toBe(1);
    expect(() => pool.reportLoss('harmful')).toThrow(
      /^A worker thread died in the middle of the last step. 1 of its \d+ parts may have missed .* 2 threads/,
    );
    expect(() => pool.reportLoss('always')).not.toThrow();
  });
});

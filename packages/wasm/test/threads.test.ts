import { spawn } from 'node:child_process';
import { once } from 'node:events';
import workerThreads, { type Worker } from 'node:worker_threads';
import { ArgumentError, ASGD, type Backend, DeviceLostError, type RealArray } from '@asgd/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { wasm, type WasmOptions } from '../src/index.ts';

const backends: Backend<RealArray>[] = [];
const workers: Worker[] = [];
const { Worker: NodeWorker } = workerThreads;

afterEach(async () => {
  workerThreads.Worker = NodeWorker;
  workers.length = 0;
  vi.unstubAllGlobals();
  for (const backend of backends.splice(0)) await backend.close();
});

async function open(options?: WasmOptions): Promise<Backend<RealArray>> {
  const backend = await wasm(options);
  backends.push(backend);
  return backend;
}

/** Workers started from here on are in `workers`. */
function watchWorkers(): void {
  workerThreads.Worker = class extends NodeWorker {
    constructor(...parameters: ConstructorParameters<typeof NodeWorker>) {
      super(...parameters);
      workers.push(this);
    }
  };
}

describe('threads', () => {
  test('are as many as the machine has cores, and eight at most', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 3 });
    expect((await open()).capabilities.threads).toBe(3);
    vi.stubGlobal('navigator', { hardwareConcurrency: 64 });
    expect((await open()).capabilities.threads).toBe(8);
    vi.stubGlobal('navigator', undefined);
    expect((await open({})).capabilities.threads).toBe(1);
  });

  test('are none besides the calling one for threads: 1', async () => {
    watchWorkers();
    const backend = await open({ threads: 1 });
    expect(backend.capabilities.threads).toBe(1);
    expect(workers).toHaveLength(0);
  });

  test('end when the backend is closed', async () => {
    watchWorkers();
    const backend = await open({ threads: 3 });
    const exits = Promise.all(workers.map((worker) => once(worker, 'exit')));
    expect(workers).toHaveLength(2);
    await backend.close();
    await exits;
  });

  test('are one where workers are refused', async () => {
    workerThreads.Worker = class extends NodeWorker {
      constructor() {
        super('throw new Error("refused")', { eval: true });
      }
    };
    const refused = await open({ threads: 3 });
    expect(refused.capabilities).toMatchObject({
      threads: 1,
      threadsReason: 'A worker could not start: refused',
    });
    vi.spyOn(workerThreads, 'Worker').mockImplementation(function refuse() {
      throw new Error("as under Node's permission model");
    });
    const backend = await open({ threads: 3 });
    expect(backend.capabilities).toMatchObject({
      threads: 1,
      threadsReason: "A worker could not start: as under Node's permission model",
    });
    expect([...backend.tensor([1]).view()]).toStrictEqual([1]);
  });

  test.each([
    ['as many as asked for', { threads: 2 }],
    ['one, as asked for', { threads: 1 }],
  ])('need no reason where they are %s', async (_what, options) => {
    expect((await open(options)).capabilities).not.toHaveProperty('threadsReason');
  });

  test('are one in memory that has no place for what they share, or is not shared', async () => {
    const memory = new WebAssembly.Memory({ initial: 10, maximum: 10, shared: true });
    expect((await open({ threads: 2, memory })).capabilities).toMatchObject({
      threads: 1,
      threadsReason: expect.stringMatching(/option heap/) as unknown,
    });
    let end = 1024; // 0 is for what there is no room for
    const heap = { malloc: (size: number): number => (end += size) - size, free: (): void => {} };
    const unshared = new WebAssembly.Memory({ initial: 10 });
    expect((await open({ threads: 2, memory: unshared, heap })).capabilities).toMatchObject({
      threads: 1,
      threadsReason: expect.stringMatching(/not shared.*shared: true/) as unknown,
    });
  });

  test('are one in a page that is not cross-origin isolated, in memory that is not shared', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    watchWorkers();
    const backend = await open({ threads: 2 });
    expect(backend.capabilities.threads).toBe(1);
    expect(backend.tensor([1]).view().buffer).toBeInstanceOf(ArrayBuffer);
    expect(workers).toHaveLength(0);
  });
});

test('a worker that has died makes one call fail that changes nothing; later steps run on what is left', async () => {
  watchWorkers();
  const backend = await open({ threads: 3 });
  const weight = backend.parameter(new Float32Array(1_000_000));
  weight.grad = backend.tensor(new Float32Array(1_000_000).fill(1));
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0 });
  const isAll = (value: number): boolean => weight.view().every((each) => each === value);
  optimizer.step();

  await workers[0]?.terminate();
  expect(() => optimizer.step()).toThrow(DeviceLostError);
  expect(optimizer.state.get(weight)?.step).toBe(1);
  expect(isAll(-1)).toBe(true);
  optimizer.step();
  expect(isAll(-2)).toBe(true);

  await workers[1]?.terminate();
  await expect(backend.synchronize()).rejects.toThrow(/Later steps run on 1 thread\.$/);
  await backend.synchronize();
  optimizer.step();
  expect(isAll(-3)).toBe(true);
});

describe('a process', () => {
  const run = async (
    signal: AbortSignal,
    program: string,
  ): Promise<{ code: number | null; output: string }> => {
    const source = new URL('../src/index.ts', import.meta.url);
    const child = spawn(
      process.execPath,
      [
        '--conditions=@asgd/source',
        '--input-type=module',
        '-e',
        `import { wasm } from '${source}';\n${program}`,
      ],
      { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'], signal },
    );
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, output };
  };

  test('ends by itself with its backend left open', async ({ signal }) => {
    const { code, output } = await run(
      signal,
      `console.log((await wasm({ threads: 3 })).capabilities.threads);`,
    );
    expect([code, output]).toStrictEqual([0, '3\n']);
  });

  test('spends no time on a backend that idles', async ({ signal }) => {
    const { output } = await run(
      signal,
      `
      const backend = await wasm({ threads: 3 });
      let spent; // microseconds of processor time in a second, until starting up is over
      do {
        const before = process.cpuUsage();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const { user, system } = process.cpuUsage(before);
        spent = user + system;
      } while (spent > 50_000);
      console.log('idle');
      `,
    );
    expect(output).toBe('idle\n');
  });
});

test('options that are not an object are refused', async () => {
  for (const options of [null, 2, 'threads'] as unknown as object[]) {
    await expect(wasm(options)).rejects.toThrow(ArgumentError);
  }
});

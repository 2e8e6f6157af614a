import { ASGD, ArgumentError, type Backend, DTypeError, OutOfMemoryError, type RealArray } from '@asgd/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wasm, type WasmOptions } from '../src/index.ts';

const backends: Backend<RealArray>[] = [];
afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.close();
});

async function open(options: WasmOptions): Promise<Backend<RealArray>> {
  const backend = await wasm(options);
  backends.push(backend);
  return backend;
}

describe.each([1, 2])('the memory of a backend with %i threads', (threads) => {
  let backend: Backend<RealArray>;
  beforeEach(async () => {
    backend = await open({ threads });
  });

  test('is seen by views, live, also after it has grown', () => {
    const tensor = backend.tensor([1, 2, 3]);
    const before = tensor.view();
    backend.zeros([10_000_000]);
    const view = tensor.view();
    expect([...view]).toStrictEqual([1, 2, 3]);
    view[0] = 7;
    expect(tensor.view()[0]).toBe(7);
    // Only shared memory keeps its buffer.
    expect(before.length).toBe(threads > 1 ? 3 : 0);
    expect(before[0]).toBe(threads > 1 ? 7 : undefined);
  });

  test('is trained in place where a part of it is wrapped, and nowhere else', async () => {
    const arena = backend.tensor([9, 1, 2, 9]);
    const weight = backend.wrap(arena.view().subarray(1, 3));
    weight.grad = backend.tensor([1, 1]);
    backend.zeros([10_000_000]); // the memory grows, and the wrapped tensor stays valid
    new ASGD([weight], { lr: 1, lambd: 0 }).step();
    expect([...(await arena.read())]).toStrictEqual([9, 0, 1, 9]);
    weight.dispose();
    expect([...arena.view()]).toStrictEqual([9, 0, 1, 9]);
  });

  test('is stepped in where it is, before and after it has grown', async () => {
    const weights = [backend.parameter([1, 2]), backend.parameter([3, 4])];
    for (const weight of weights) {
      weight.grad = backend.tensor([1, 1]);
      new ASGD([weight], { lr: 1, lambd: 0 }).step();
      backend.zeros([10_000_000]);
    }
    expect(weights.map((weight) => [...weight.view()])).toStrictEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('takes steps of thousands of tensors', () => {
    const weights = Array.from({ length: 2500 }, (_, index) => {
      const weight = backend.parameter([index, -index, 1]);
      weight.grad = backend.tensor([1, 2, 3]);
      return weight;
    });
    const optimizer = new ASGD(weights, { lr: 1, lambd: 0, t0: -1 });
    optimizer.step();
    optimizer.step();
    expect(weights.map((weight) => [...weight.view()])).toStrictEqual(
      weights.map((_, index) => [index - 2, -index - 4, -5]),
    );
    expect(weights.map((weight) => [...optimizer.averageOf(weight).view()])).toStrictEqual(
      weights.map((_, index) => [index - 1.5, -index - 3, -3.5]),
    );
  });

  test('is the only one of which arrays can be wrapped', () => {
    expect(() => backend.wrap(Float32Array.of(1, 2))).toThrow(ArgumentError);
    expect(() => backend.wrap(Float32Array.of(1, 2))).toThrow("an array outside this backend's memory");
    // @ts-expect-error -- as from JavaScript
    expect(() => backend.wrap([1, 2])).toThrow(
      'wrap() was given [1, 2]: expected a Float32Array or a Float64Array',
    );
    const view = backend.tensor([1, 2]).view();
    expect(() => backend.wrap(view, { dtype: 'float64' })).toThrow(DTypeError);
    expect(backend.wrap(view, { dtype: 'complex64' }).length).toBe(1);
  });

  test('reads into memory of its own: what is read is not shared', async () => {
    const values = await backend.tensor([1, 2]).read();
    expect(values.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('holds up to 4 GiB, and then says what is used and possible', () => {
    const large = backend.zeros([900_000_000]);
    expect(() => backend.zeros([300_000_000])).toThrow(OutOfMemoryError);
    expect(() => backend.zeros([300_000_000])).toThrow(
      /^Could not allocate 300000000 float32 values \(1.12 GiB\): 3.35 GiB of .* are in use, .* grow to 4 GiB here/,
    );
    const high = backend.tensor([1, 2, 3]);
    expect(high.view().byteOffset).toBeGreaterThan(3 * 2 ** 30);
    large.dispose();
    expect(backend.zeros([120_000_000]).view().byteOffset).toBeLessThan(2 ** 20);
    expect([...high.view()]).toStrictEqual([1, 2, 3]);
  });
});

test('a view of unshared memory that has grown since cannot be wrapped, and the error says to make it again', async () => {
  const backend = await open({ threads: 1 });
  const view = backend.tensor([1, 2]).view();
  backend.zeros([10_000_000]);
  expect(() => backend.wrap(view)).toThrow('a detached array: the memory has grown since');
});

test('an older view of shared memory is as good as a new one', async () => {
  const backend = await open({ threads: 2 });
  const tensor = backend.tensor([1, 2]);
  for (let growth = 0; growth < 3; growth++) {
    const view = tensor.view();
    backend.zeros([10_000_000]);
    const weight = backend.wrap(view);
    weight.write([growth, 6]);
    expect([...tensor.view()]).toStrictEqual([growth, 6]);
  }
});

test("memory that its owner lets grow is the backend's as before", async () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  const backend = await open({ memory });
  memory.grow(1);
  const weight = backend.wrap(new Float32Array(memory.buffer, 70_000, 1));
  weight.write([5]);
  expect(new Float32Array(memory.buffer, 70_000, 1)[0]).toBe(5);
});

describe("another program's memory", () => {
  const shared = (): WebAssembly.Memory =>
    new WebAssembly.Memory({ initial: 64, maximum: 128, shared: true });
  const plain = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 64 });

  test.each([
    ['plain', plain],
    ['shared', shared],
  ])('is trained in place, and not written to elsewhere (%s)', async (_, makeMemory) => {
    const memory = makeMemory();
    new Uint8Array(memory.buffer).fill(0xaa);
    const weights = new Float32Array(memory.buffer, 4096, 3);
    const gradients = new Float32Array(memory.buffer, 8192, 3);
    weights.set([1, 2, 3]);
    gradients.set([1, 1, 1]);
    const backend = await open({ memory, threads: 2 });
    expect(backend.capabilities.threads).toBe(1);

    const weight = backend.wrap(weights);
    weight.grad = backend.wrap(gradients);
    new ASGD([weight], { lr: 0.5, lambd: 0, weightDecay: 1, maximize: true }).step();
    expect([...weights]).toStrictEqual([1, 1.5, 2]);

    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(0xaa, 4096, 4096 + 12);
    bytes.fill(0xaa, 8192, 8192 + 12);
    expect(bytes.every((byte) => byte === 0xaa)).toBe(true);
  });

  test('is not allocated in without permission: a step that needs an average changes nothing', async () => {
    const memory = plain();
    const backend = await open({ memory });
    expect(() => backend.zeros([4])).toThrow(OutOfMemoryError);
    expect(backend.zeros([0]).length).toBe(0);

    const weight = backend.wrap(new Float64Array(memory.buffer, 64, 2));
    weight.grad = backend.wrap(new Float64Array(memory.buffer, 128, 2).fill(1));
    const optimizer = new ASGD([weight], { lr: 1, lambd: 0, t0: 0 });
    optimizer.step();
    // The next one is the last before averaging.
    expect(() => optimizer.step()).toThrow('Give wasm() the option heap: { malloc, free }');
    expect([...weight.view()]).toStrictEqual([-1, -1]);
    expect(optimizer.state.get(weight)?.step).toBe(1);
  });

  test.each([
    ['plain', plain, 1],
    ['shared', shared, 2],
  ])('is allocated in by its owner, and given back (%s)', async (_, makeMemory, threads) => {
    const memory = makeMemory();
    const leased = new Set<number>();
    let next = 1_000_000;
    const heap = {
      malloc(bytes: number): number {
        const address = next;
        next += bytes;
        leased.add(address);
        return address;
      },
      free(address: number): void {
        expect(leased.delete(address)).toBe(true);
      },
    };
    const backend = await open({ memory, heap, threads: 2 });
    expect(backend.capabilities.threads).toBe(threads);
    const weight = backend.wrap(new Float64Array(memory.buffer, 64, 2));
    weight.grad = backend.tensor([1, 2], { dtype: 'float64' });
    const optimizer = new ASGD([weight], { lr: 1, lambd: 0, t0: -1 });
    for (let step = 0; step < 2; step++) optimizer.step();
    expect([...optimizer.averageOf(weight).view()]).toStrictEqual([-1.5, -3]);
    await backend.close();
    expect(leased.size).toBe(0);
  });
});

describe('options that make no sense', () => {
  test.each([
    [{ threads: 0 }, 'threads: 0. Expected an integer from 1 to 256'],
    [{ threads: 1.5 }, 'threads: 1.5. Expected an integer'],
    [{ threads: '2' }, "threads: '2'. Expected an integer"],
    [{ memory: new ArrayBuffer(8) }, 'Expected a WebAssembly.Memory'],
    [{ heap: { malloc() {}, free() {} } }, 'a heap without a memory'],
    [
      { memory: new WebAssembly.Memory({ initial: 1 }), heap: {} },
      'Expected { malloc, free }, two functions',
    ],
    [{ thread: 2 }, "the unknown option 'thread': expected threads, memory or heap"],
  ])('%o is an ArgumentError', async (options, message) => {
    const opening = wasm(options as WasmOptions);
    await expect(opening).rejects.toThrow(ArgumentError);
    await expect(opening).rejects.toThrow(message);
  });
});

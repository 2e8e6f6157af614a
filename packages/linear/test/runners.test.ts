import { afterEach, describe, expect, test, vi } from 'vitest';
import { Engine } from '../src/engine.ts';
import type { Examples, Shape } from '../src/runner.ts';
import type { createRunner } from '../src/runners.ts';

const shape: Shape = { loss: 0, features: 2, outputs: 1, batch: 1 };
const tooLarge: Shape = { ...shape, features: 2 ** 28 };
const examples: Examples = {
  table: {
    isDense: true,
    count: 1,
    features: 2,
    starts: new Uint32Array(0),
    indices: new Uint32Array(0),
    values: Float64Array.of(1, 2),
  },
  targets: Float64Array.of(1),
  weights: Float64Array.of(1),
};

/** Runners with nothing loaded yet. */
async function fresh(): Promise<typeof createRunner> {
  vi.resetModules();
  return (await import('../src/runners.ts')).createRunner;
}

const nameOf = async (kernels: 'auto' | 'wasm' | 'typescript'): Promise<string> =>
  (await (await fresh())(kernels, shape, examples)).constructor.name;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('kernels', () => {
  test("are WebAssembly's where there is some", async () => {
    expect([await nameOf('auto'), await nameOf('wasm'), await nameOf('typescript')]).toStrictEqual([
      'WasmRunner',
      'WasmRunner',
      'PlainRunner',
    ]);
  });

  test.each([
    ['the engine has none', undefined],
    ['the page forbids it', { compile: async () => Promise.reject(new Error('unsafe-eval')) }],
  ])('are TypeScript where %s, unless WebAssembly is asked for', async (_, stub) => {
    vi.stubGlobal('WebAssembly', stub);
    expect(await nameOf('auto')).toBe('PlainRunner');
    const error = await nameOf('wasm').catch((thrown: unknown) => thrown);
    const { code, message, cause } = error as Error & { code: string };
    expect(code).toBe('UNSUPPORTED');
    expect(message).toContain("add 'wasm-unsafe-eval' to its script-src, or use kernels: 'auto'");
    expect(cause).toBeInstanceOf(Error);
  });

  test('are TypeScript where the model has no room in WebAssembly, unless that is asked for', async () => {
    const create = await fresh();
    await expect(create('wasm', tooLarge, examples)).rejects.toThrow('which has 4 GiB at most');
    vi.stubGlobal('Float64Array', refusing(2 ** 28));
    await expect(create('auto', tooLarge, examples)).rejects.toThrow(
      'Could not allocate 4294967296 bytes for weights and averages: use fewer columns',
    );
  });
});

/** Refuses what would take 4 GiB: this is about the error, not about the memory. */
function refusing(length: number): typeof Float64Array {
  return class extends Float64Array {
    constructor(given: number) {
      if (given > length) throw new RangeError('Array buffer allocation failed');
      super(given);
    }
  } as unknown as typeof Float64Array;
}

test('an engine at rest keeps its numbers, and trains again with another runner', async () => {
  const options = {
    ...shape,
    lr: 0.5,
    lambd: 0.1,
    alpha: 0.75,
    t0: 0,
    weightDecay: 0,
    interceptStep: 1,
    epsilon: 1,
  };
  const order = Uint32Array.of(0, 0, 0);
  const create = await fresh();
  const once = new Engine(options, await create('typescript', shape, examples));
  once.load(examples);
  once.train(order);
  once.train(order);
  const moved = new Engine(options);
  expect([moved.canTrain, moved.train(order)]).toStrictEqual([false, 0]);
  for (const kernels of ['wasm', 'typescript'] as const) {
    moved.moveTo(await create(kernels, shape, examples));
    moved.load(examples);
    expect(moved.train(order)).toBe(3);
    moved.moveTo(undefined);
  }
  expect(moved.snapshot()).toStrictEqual(once.snapshot());
});

import { ArgumentError, ASGD, LengthError } from '@asgd/core';
import { type BufferRange, webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COPY_DST, COPY_SRC, STORAGE } from '../src/flags.ts';
import { bufferOf, contentOf } from './buffers.ts';

let backend: WebGPUBackend;
let device: GPUDevice;
beforeAll(async () => {
  backend = await webgpu();
  ({ device } = backend);
});
afterAll(() => backend.close());

const usage = STORAGE | COPY_SRC | COPY_DST;
const options = { lr: 1, lambd: 0, t0: -1 };

describe('a wrapped range', () => {
  test.for([
    { offset: 0, length: 8 },
    { offset: 16, length: 8 },
    { offset: 16, length: 7 },
    { offset: 4, length: 3 },
    { offset: 12, length: 1 },
    { offset: 256, length: 517 },
    { offset: 260, length: 517 },
  ])(
    'is trained in place, and nothing next to it: $length reals at byte $offset',
    async ({ offset, length }) => {
      const total = offset / 4 + length + 3;
      const buffer = bufferOf(device, new Float32Array(total).fill(9));
      const gradients = bufferOf(device, new Float32Array(total).fill(2));
      const size = length * 4;
      const weight = backend.wrap({ buffer, offset, size });
      weight.grad = backend.wrap({ buffer: gradients, offset, size });
      const optimizer = new ASGD([weight], options);
      optimizer.step();
      optimizer.step();

      const inside = (value: number): number[] => Array.from({ length }, () => value);
      const around = [Array.from({ length: offset / 4 }, () => 9), [9, 9, 9]] as const;
      expect(await contentOf(device, buffer)).toStrictEqual([...around[0], ...inside(5), ...around[1]]);
      expect(await contentOf(device, gradients)).toStrictEqual(Array.from({ length: total }, () => 2));
      expect([...(await optimizer.averageOf(weight).read())]).toStrictEqual(inside(6));
    },
  );

  test('may share its buffer with its gradient and with other parameters', async () => {
    const buffer = bufferOf(device, [1, 2, 3, 4, 5, 6, 7, 8]);
    const [a, b, gradient] = [0, 12, 20].map((offset) => backend.wrap({ buffer, offset, size: 8 }));
    if (!a || !b || !gradient) throw new Error('three were made');
    a.grad = gradient;
    b.grad = gradient;
    new ASGD([a, b], options).step();
    expect(await contentOf(device, buffer)).toStrictEqual([1 - 6, 2 - 7, 3, 4 - 6, 5 - 7, 6, 7, 8]);
  });

  test('may be updated together with tensors of the backend', async () => {
    const buffer = bufferOf(device, [1, 2, 3, 4, 5]);
    const ours = backend.parameter([1, 2, 3]);
    const theirs = backend.wrap({ buffer, offset: 4, size: 12 });
    ours.grad = theirs;
    theirs.grad = backend.tensor([1, 1, 1]);
    const mixed = backend.wrap({ buffer, offset: 16 });
    mixed.grad = backend.tensor([5]);
    new ASGD([theirs, mixed], options).step();
    new ASGD([ours], options).step();
    expect(await contentOf(device, buffer)).toStrictEqual([1, 1, 2, 3, 0]);
    expect([...(await ours.read())]).toStrictEqual([0, 0, 0]);
  });

  test('is read and written, and swapped with its average', async () => {
    const buffer = bufferOf(device, [1, 2, 3, 4]);
    const weight = backend.wrap({ buffer, offset: 8 });
    weight.grad = backend.tensor([2, 2]);
    const optimizer = new ASGD([weight], options);
    optimizer.step();
    optimizer.step();
    optimizer.swapAverages();
    expect([...(await weight.read())]).toStrictEqual([0, 1]);
    optimizer.swapAverages();
    weight.write([7, 8]);
    expect(await contentOf(device, buffer)).toStrictEqual([1, 2, 7, 8]);
  });

  test('is the rest of the buffer without a size, and the whole of it without an offset', async () => {
    const buffer = device.createBuffer({ size: 31, usage });
    expect(backend.wrap({ buffer }).length).toBe(7);
    expect(backend.wrap({ buffer, offset: 24 }).length).toBe(1);
  });

  test('holds pairs as complex64', async () => {
    const weight = backend.wrap({ buffer: bufferOf(device, [1, 2, 3, 4]) }, { dtype: 'complex64' });
    expect(weight.length).toBe(2);
  });

  test('is read as of the call, whatever its owner submits next', async () => {
    const buffer = bufferOf(device, [1, 2]);
    const read = backend.wrap({ buffer }).read();
    device.queue.writeBuffer(buffer, 0, Float32Array.of(3, 4));
    expect([...(await read)]).toStrictEqual([1, 2]);
  });
});

describe('what cannot be wrapped is refused', () => {
  const refusals: readonly [string, number, Partial<BufferRange>, new (text: string) => Error, string][] = [
    ['no STORAGE', COPY_SRC | COPY_DST, {}, ArgumentError, 'lacks the usage STORAGE:'],
    [
      'only STORAGE',
      STORAGE,
      {},
      ArgumentError,
      'lacks the usage COPY_SRC, COPY_DST: create it with GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST.',
    ],
    [
      'an offset that is not a multiple of 4',
      usage,
      { offset: 6 },
      ArgumentError,
      'wrap() was given the offset 6',
    ],
    ['a negative offset', usage, { offset: -4 }, ArgumentError, 'wrap() was given the offset -4'],
    ['a size that is not a multiple of 4', usage, { size: 7 }, ArgumentError, 'wrap() was given the size 7'],
    ['NaN for a size', usage, { size: Number.NaN }, ArgumentError, 'wrap() was given the size NaN'],
    [
      'an end beyond the buffer',
      usage,
      { offset: 60, size: 8 },
      LengthError,
      "wrap() was given the bytes 60 to 68 of buffer 'weights', which has 64 bytes",
    ],
    ['an offset beyond the buffer', usage, { offset: 68 }, LengthError, 'the bytes 68 to 68 of buffer'],
  ];
  test.for(refusals)('%s', ([, flags, range, Failure, message]) => {
    const buffer = device.createBuffer({ label: 'weights', size: 64, usage: flags });
    const attempt = (): unknown => backend.wrap({ buffer, ...range });
    expect(attempt).toThrow(Failure);
    expect(attempt).toThrow(message);
  });

  test.for([null, undefined, 3, {}, new Float32Array(3)])('something else: %s', (source) => {
    expect(() => backend.wrap(source as BufferRange)).toThrow(
      /^wrap\(\) was given .*: expected a range of a GPUBuffer/,
    );
  });

  test('float64', () => {
    const buffer = device.createBuffer({ size: 64, usage });
    expect(() => backend.wrap({ buffer }, { dtype: 'float64' })).toThrow(`has no float64`);
  });
});

describe('ranges that overlap', () => {
  /** Bytes of two parameters and their gradients, in one buffer. */
  const cases: readonly [string, number[][], number[][], string][] = [
    [
      'two parameters',
      [
        [0, 32],
        [28, 32],
      ],
      [
        [64, 32],
        [96, 32],
      ],
      'parameter 1 (bytes 28 to 60) overlaps parameter 0 (bytes 0 to 32)',
    ],
    [
      'a parameter and its gradient',
      [
        [0, 32],
        [96, 32],
      ],
      [
        [16, 32],
        [64, 32],
      ],
      'the gradient of parameter 0 (bytes 16 to 48) overlaps parameter 0 (bytes 0 to 32)',
    ],
    [
      "a parameter and another's gradient",
      [
        [0, 32],
        [64, 32],
      ],
      [
        [128, 32],
        [28, 32],
      ],
      'the gradient of parameter 1 (bytes 28 to 60) overlaps parameter 0 (bytes 0 to 32)',
    ],
    [
      'a gradient and a later parameter',
      [
        [40, 32],
        [160, 32],
      ],
      [
        [128, 32],
        [12, 32],
      ],
      'parameter 0 (bytes 40 to 72) overlaps the gradient of parameter 1 (bytes 12 to 44)',
    ],
  ];
  test.for(cases)('are refused where one is written: %s', async ([, parameters, gradients, message]) => {
    const buffer = bufferOf(device, new Float32Array(64).fill(1), 'flat');
    const span = ([offset, size]: number[]): BufferRange => ({
      buffer,
      offset: offset ?? 0,
      size: size ?? 0,
    });
    const weights = parameters.map((bytes) => backend.wrap(span(bytes)));
    weights.forEach((weight, index) => {
      weight.grad = backend.wrap(span(gradients[index] ?? []));
    });
    const optimizer = new ASGD(weights, options);
    expect(() => optimizer.step()).toThrow(ArgumentError);
    expect(() => optimizer.step()).toThrow(`In buffer 'flat', ${message}`);
    expect(optimizer.state.size).toBe(0);
    expect(await contentOf(device, buffer)).toStrictEqual(Array.from({ length: 64 }, () => 1));
  });

  test('may be gradients, which are only read', async () => {
    const buffer = bufferOf(device, [1, 2, 3]);
    const [a, b] = [backend.parameter([0, 0]), backend.parameter([0, 0])];
    a.grad = backend.wrap({ buffer, offset: 0, size: 8 });
    b.grad = backend.wrap({ buffer, offset: 4, size: 8 });
    new ASGD([a, b], options).step();
    expect([...(await a.read()), ...(await b.read())]).toStrictEqual([-1, -2, -2, -3]);
  });
});

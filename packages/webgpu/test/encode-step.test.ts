import { ArgumentError, ASGD, type Backend, ClosedError, type Options } from '@asgd/core';
import { webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Quadratic } from './backward.ts';
import { bufferOf, contentOf } from './buffers.ts';
import { observed } from './disguise.ts';

let backend: WebGPUBackend;
let device: GPUDevice;
beforeAll(async () => {
  backend = await webgpu();
  ({ device } = backend);
});
afterAll(() => backend.close());

const start = [4, -1, 0.5, 100, 3];
const target = [1, 2, 3, 4, 5];

/** The same training with gradients from the host, on any backend. */
async function trainFromHost(
  on: Backend<never>,
  steps: number,
  options: Partial<Options>,
): Promise<number[][]> {
  const weight = on.parameter(start);
  const optimizer = new ASGD([weight], options);
  for (let step = 0; step < steps; step++) {
    const values = await weight.read();
    weight.grad = on.tensor(Float32Array.from(values, (value, index) => value - (target[index] ?? 0)));
    optimizer.step();
  }
  return [[...(await weight.read())], [...(await optimizer.averageOf(weight).read())]];
}

test('a backward pass and the step go in one submission, and train as host gradients do', async () => {
  const options = { lr: 0.3, lambd: 0.01, t0: 2, weightDecay: 0.1 };
  const problem = new Quadratic(device, start, target);
  const weight = backend.wrap({ buffer: problem.weights });
  weight.grad = backend.wrap({ buffer: problem.gradients });
  const optimizer = new ASGD([weight], options);
  for (let step = 0; step < 12; step++) {
    const encoder = device.createCommandEncoder();
    problem.backward(encoder);
    backend.encodeStep(encoder, optimizer);
    device.queue.submit([encoder.finish()]);
  }
  const [weights, average] = await trainFromHost(backend, 12, options);
  expect(await contentOf(device, problem.weights)).toStrictEqual(weights);
  expect([...(await optimizer.averageOf(weight).read())]).toStrictEqual(average);
  expect(optimizer.state.get(weight)?.step).toBe(12);
});

test('steps recorded before the first is submitted have each their own step size', async () => {
  const options = { lr: 0.3, lambd: 0.5, alpha: 1, t0: 0 };
  const problem = new Quadratic(device, start, target);
  const weight = backend.wrap({ buffer: problem.weights });
  weight.grad = backend.wrap({ buffer: problem.gradients });
  const optimizer = new ASGD([weight], options);
  const commands = Array.from({ length: 6 }, () => {
    const encoder = device.createCommandEncoder();
    problem.backward(encoder);
    backend.encodeStep(encoder, optimizer);
    problem.backward(encoder);
    backend.encodeStep(encoder, optimizer); // two in one encoder
    return encoder.finish();
  });
  device.queue.submit(commands);
  const [weights, average] = await trainFromHost(backend, 12, options);
  expect(await contentOf(device, problem.weights)).toStrictEqual(weights);
  expect([...(await optimizer.averageOf(weight).read())]).toStrictEqual(average);
});

test('more steps may be recorded than one page of scalars holds', async () => {
  const buffer = bufferOf(device, [0]);
  const weight = backend.wrap({ buffer });
  weight.grad = backend.wrap({ buffer: bufferOf(device, [-1]) });
  const optimizer = new ASGD([weight], { lambd: 0, lr: 1 });
  const commands = Array.from({ length: 700 }, () => {
    const encoder = device.createCommandEncoder();
    backend.encodeStep(encoder, optimizer);
    return encoder.finish();
  });
  device.queue.submit(commands);
  expect(await contentOf(device, buffer)).toStrictEqual([700]);
});

test('nothing happens on the device before the encoder is submitted', async () => {
  const weight = backend.parameter([1, 2]);
  weight.grad = backend.tensor([1, 1]);
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0 });
  const encoder = device.createCommandEncoder();
  backend.encodeStep(encoder, optimizer);
  expect([...(await weight.read())]).toStrictEqual([1, 2]);
  expect(optimizer.state.get(weight)?.step).toBe(1);
  device.queue.submit([encoder.finish()]);
  expect([...(await weight.read())]).toStrictEqual([0, 1]);
});

test('several groups are one pass', async () => {
  const [a, b] = [backend.parameter([1]), backend.parameter([1])];
  a.grad = backend.tensor([1]);
  b.grad = backend.tensor([1]);
  const optimizer = new ASGD(
    [
      { params: [a], lr: 1 },
      { params: [b], lr: 2 },
    ],
    { lambd: 0 },
  );
  const encoder = device.createCommandEncoder();
  let passes = 0;
  const counting = {
    beginComputePass(descriptor: GPUComputePassDescriptor) {
      passes++;
      return encoder.beginComputePass(descriptor);
    },
  } as GPUCommandEncoder;
  backend.encodeStep(counting, optimizer);
  device.queue.submit([encoder.finish()]);
  expect(passes).toBe(1);
  expect([...(await a.read()), ...(await b.read())]).toStrictEqual([0, -1]);
});

test('recording and stepping on the queue mix, in the order of submission', async () => {
  const weight = backend.parameter([0]);
  weight.grad = backend.tensor([-1]);
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0, t0: -1 });
  for (let step = 0; step < 6; step++) {
    if (step % 2 === 0) optimizer.step();
    else {
      const encoder = device.createCommandEncoder();
      backend.encodeStep(encoder, optimizer);
      device.queue.submit([encoder.finish()]);
    }
  }
  expect([...(await weight.read())]).toStrictEqual([6]);
  expect([...(await optimizer.averageOf(weight).read())]).toStrictEqual([3.5]);
});

test('a batch that is launched in another way before it is submitted keeps its tables', async () => {
  // Parameters and gradients in turn, which needs a table.
  const weights = Array.from({ length: 3 }, () => {
    const weight = backend.parameter([1, 1]);
    weight.grad = backend.tensor([1, 1]);
    return weight;
  });
  const optimizer = new ASGD(weights, { lr: 1, lambd: 0 });
  const encoder = device.createCommandEncoder();
  backend.encodeStep(encoder, optimizer);
  // The next batch is another, though it begins with the same parameter.
  for (const weight of weights) weight.grad = backend.tensor([2, 2]);
  const second = device.createCommandEncoder();
  backend.encodeStep(second, optimizer);
  device.queue.submit([encoder.finish(), second.finish()]);
  await backend.synchronize();
  const values = await Promise.all(weights.map((weight) => weight.read()));
  expect(values.flatMap((array) => [...array])).toStrictEqual(Array.from({ length: 6 }, () => -2));
});

test('in the steady state, steps in one encoder after another make two buffers a page, and nothing else', async () => {
  const spied = observed(device);
  const own = await webgpu({ device: spied.device });
  const weight = own.parameter([0]);
  weight.grad = own.tensor([1]);
  const optimizer = new ASGD([weight]);
  const record = (): void => {
    const encoder = device.createCommandEncoder();
    own.encodeStep(encoder, optimizer);
    device.queue.submit([encoder.finish()]);
  };
  record();
  const before = Object.values(spied.calls).flat().length;
  for (let step = 0; step < 255; step++) record();
  expect(Object.values(spied.calls).flat()).toHaveLength(before);
  record();
  expect(Object.values(spied.calls).flat()).toHaveLength(before + 2); // a page and its bind group
  await own.close();
});

test('timestampWrites reach the pass', async () => {
  let seen: GPUComputePassDescriptor | undefined;
  const encoder = device.createCommandEncoder();
  const noting = {
    beginComputePass(descriptor: GPUComputePassDescriptor) {
      seen = descriptor;
      return encoder.beginComputePass();
    },
  } as GPUCommandEncoder;
  const weight = backend.parameter([0]);
  weight.grad = backend.tensor([1]);
  const timestampWrites = { querySet: {} as GPUQuerySet, beginningOfPassWriteIndex: 0 };
  backend.encodeStep(noting, new ASGD([weight]), { timestampWrites });
  expect(seen?.timestampWrites).toBe(timestampWrites);
});

test('a step that fails records nothing, and the next one is on the queue again', async () => {
  const buffer = bufferOf(device, [1, 2, 3, 4]);
  const weight = backend.wrap({ buffer, offset: 0, size: 8 });
  weight.grad = backend.wrap({ buffer, offset: 4, size: 8 });
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0 });
  const encoder = device.createCommandEncoder();
  expect(() => backend.encodeStep(encoder, optimizer)).toThrow(ArgumentError);
  device.queue.submit([encoder.finish()]);
  expect(await contentOf(device, buffer)).toStrictEqual([1, 2, 3, 4]);
  weight.grad = backend.tensor([1, 1]);
  optimizer.step();
  expect(await contentOf(device, buffer)).toStrictEqual([0, 1, 3, 4]);
});

describe('an encoder that takes no step', () => {
  const unusable: Readonly<Record<string, () => GPUCommandEncoder>> = {
    'is finished': () => {
      const encoder = device.createCommandEncoder();
      encoder.finish();
      return encoder;
    },
    'was submitted': () => {
      const encoder = device.createCommandEncoder();
      device.queue.submit([encoder.finish()]);
      return encoder;
    },
  };

  test.for(Object.entries(unusable))('%s: synchronize() reports it, and so do reads', async ([, make]) => {
    const reached: string[] = [];
    const listener = ({ error }: GPUUncapturedErrorEvent): unknown => reached.push(error.message);
    device.addEventListener('uncapturederror', listener);
    const weight = backend.parameter([1, 2]);
    weight.grad = backend.tensor([1, 1]);
    for (const options of [{}, { capturable: true }]) {
      backend.encodeStep(make(), new ASGD([weight], { lr: 1, lambd: 0, ...options }));
      const report = backend.synchronize();
      await expect(report).rejects.toThrow(ArgumentError);
      await expect(report).rejects.toThrow(
        /Encoding a step failed.*must not be finished or have an open pass/s,
      );
      await expect(weight.read()).rejects.toThrow(
        /^The values of this tensor are unknown\. Encoding a step failed.*Write them again/s,
      );
      weight.write([1, 2]);
    }
    expect([...(await weight.read())]).toStrictEqual([1, 2]);
    await backend.synchronize();
    device.removeEventListener('uncapturederror', listener);
    expect(reached).toStrictEqual([]);
  });

  test('is in a pass of the caller: its finish() reports that to the caller', async () => {
    const weight = backend.parameter([1, 2]);
    weight.grad = backend.tensor([1, 1]);
    const encoder = device.createCommandEncoder();
    encoder.beginComputePass();
    device.pushErrorScope('validation');
    backend.encodeStep(encoder, new ASGD([weight]));
    expect(await device.popErrorScope()).toBeNull();
    device.pushErrorScope('validation');
    encoder.finish();
    expect(await device.popErrorScope()).not.toBeNull();
    await backend.synchronize();
    expect([...(await weight.read())]).toStrictEqual([1, 2]);
  });
});

test('anything but an encoder is refused', () => {
  const optimizer = new ASGD([backend.parameter([1])]);
  expect(() => backend.encodeStep(optimizer as unknown as GPUCommandEncoder, optimizer)).toThrow(
    ArgumentError,
  );
});

test('recording on a closed backend is a ClosedError', async () => {
  const own = await webgpu({ device });
  const weight = own.parameter([1]);
  weight.grad = own.tensor([1]);
  const optimizer = new ASGD([weight]);
  await own.close();
  expect(() => own.encodeStep(device.createCommandEncoder(), optimizer)).toThrow(ClosedError);
});

import { ASGD, type Parameter } from '@asgd/core';
import { webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bufferOf } from './buffers.ts';
import { type Calls, disguise, observed } from './disguise.ts';

let owner: WebGPUBackend;
beforeAll(async () => {
  owner = await webgpu();
});
afterAll(() => owner.close());

/** How many objects `work` creates on the device. */
function countMade(calls: Calls, work: () => void): number {
  const count = (): number => Object.values(calls).flat().length;
  const before = count();
  work();
  return count() - before;
}

/** Passes and dispatches that go to a device's queue. */
function countingPasses(device: GPUDevice): { device: GPUDevice; passes: number; dispatches: number } {
  const counts = { device, passes: 0, dispatches: 0 };
  counts.device = disguise(device, {
    createCommandEncoder(descriptor) {
      const encoder = device.createCommandEncoder(descriptor);
      const begin = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (passDescriptor) => {
        counts.passes++;
        const pass = begin(passDescriptor);
        const dispatch = pass.dispatchWorkgroups.bind(pass);
        pass.dispatchWorkgroups = (...size) => {
          counts.dispatches++;
          dispatch(...size);
        };
        return pass;
      };
      return encoder;
    },
  });
  return counts;
}

/** Parameters with gradients: all parameters first in memory, or each next to its gradient. */
function parametersOf(
  backend: WebGPUBackend,
  count: number,
  length: number,
  order: 'apart' | 'by turns' = 'apart',
): Parameter[] {
  const giveGradient = (parameter: Parameter): void => {
    parameter.grad = backend.tensor(new Float32Array(length).fill(-1));
  };
  const parameters = Array.from({ length: count }, () => {
    const parameter = backend.parameter(new Float32Array(length));
    if (order === 'by turns') giveGradient(parameter);
    return parameter;
  });
  if (order === 'apart') parameters.forEach(giveGradient);
  return parameters;
}

test.for([
  ['apart', 4096, 6],
  ['by turns', 4096, 6],
  ['apart', 5, 1],
  ['by turns', 5, 1],
] as const)('a step of 256 tensors is one pass and few dispatches: gradients %s, %s reals', async (row) => {
  const [order, length, most] = row;
  const counts = countingPasses(owner.device);
  const backend = await webgpu({ device: counts.device });
  const parameters = parametersOf(backend, 256, length, order);
  const optimizer = new ASGD(parameters, { lr: 1, lambd: 0, t0: -1 });
  for (let step = 0; step < 3; step++) {
    counts.passes = 0;
    counts.dispatches = 0;
    optimizer.step();
    expect(counts.passes).toBe(1);
    expect(counts.dispatches).toBeLessThanOrEqual(most);
  }
  const values = await Promise.all(parameters.map((parameter) => parameter.read()));
  expect(new Set(values.flatMap((array) => [...array]))).toStrictEqual(new Set([3]));
  const averages = await Promise.all(parameters.map((parameter) => optimizer.averageOf(parameter).read()));
  expect(new Set(averages.flatMap((array) => [...array]))).toStrictEqual(new Set([2]));
  for (const parameter of parameters.filter((_, index) => index % 51 === 0)) {
    expect(new Set(await parameter.grad?.read())).toStrictEqual(new Set([-1]));
  }
  await backend.close();
});

test('neighbors are not updated as one if their gradients are not neighbors', async () => {
  const backend = await webgpu({ device: owner.device });
  const parameters = [1, 2, 3].map((value) => backend.parameter(new Float32Array(64).fill(value)));
  for (const [index, parameter] of [...parameters.entries()].toReversed()) {
    parameter.grad = backend.tensor(new Float32Array(64).fill(10 * (index + 1)));
  }
  new ASGD(parameters, { lr: 1, lambd: 0 }).step();
  const values = await Promise.all(parameters.map(async (parameter) => (await parameter.read())[63]));
  expect(values).toStrictEqual([-9, -18, -27]);
  await backend.close();
});

test('memory that another tensor had begins as zeros, however it is first used', async () => {
  const backend = await webgpu({ device: owner.device });
  const leave = (): void => backend.tensor(new Float32Array(100).fill(7)).dispose();
  leave();
  expect(new Set(await backend.zeros([100]).read())).toStrictEqual(new Set([0]));

  const weight = backend.parameter(new Float32Array(100).fill(1));
  leave();
  weight.grad = backend.zeros([100]);
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0, t0: -1 });
  leave();
  optimizer.step(); // the average takes its place in memory
  optimizer.step();
  expect(new Set(await weight.read())).toStrictEqual(new Set([1]));
  expect(new Set(await optimizer.averageOf(weight).read())).toStrictEqual(new Set([1]));
  await backend.close();
});

test('tensors with scalars of their own, and averages at different stages, have a pass each', async () => {
  const counts = countingPasses(owner.device);
  const backend = await webgpu({ device: counts.device });
  const parameters = parametersOf(backend, 4, 10);
  const optimizer = new ASGD(parameters, { lr: 1, lambd: 0, t0: 0 });
  const gradients = parameters.map(({ grad }) => grad);
  // Parameter k joins at step k.
  for (let step = 0; step < 5; step++) {
    parameters.forEach((parameter, index) => {
      parameter.grad = index <= step ? (gradients[index] ?? null) : null;
    });
    counts.passes = 0;
    optimizer.step();
    expect(counts.passes).toBe(Math.min(step + 1, 4));
  }
  const values = await Promise.all(parameters.map(async (parameter) => (await parameter.read())[0]));
  expect(values).toStrictEqual([5, 4, 3, 2]);
  const averages = await Promise.all(parameters.map(async (p) => (await optimizer.averageOf(p).read())[9]));
  expect(averages).toStrictEqual([3.5, 3, 2.5, 2]);
  await backend.close();
});

test('in the steady state nothing is made', async () => {
  const { device, calls } = observed(owner.device);
  const backend = await webgpu({ device });
  const parameters = parametersOf(backend, 5, 300);
  parameters.push(backend.wrap({ buffer: bufferOf(owner.device, [1, 2, 3]) }));
  const [last] = parameters.slice(-1);
  if (last) last.grad = backend.wrap({ buffer: bufferOf(owner.device, [1, 1, 1]) });
  const optimizer = new ASGD(parameters, { t0: 1 });
  for (let step = 0; step < 5; step++) optimizer.step();
  const steps = (): void => {
    for (let step = 0; step < 50; step++) {
      parameters[0]?.grad?.write(new Float32Array(300).fill(step));
      optimizer.step();
    }
  };
  expect(countMade(calls, steps)).toBe(0);
  await backend.close();
});

test('several groups and tensor-by-tensor launches have plans of their own', async () => {
  const { device, calls } = observed(owner.device);
  const backend = await webgpu({ device });
  const groups = [1, 2, 3].map((count) => ({ params: parametersOf(backend, count, 5) }));
  const optimizer = new ASGD(groups, { foreach: false });
  optimizer.step();
  expect(countMade(calls, () => optimizer.step())).toBe(0);
  await backend.close();
});

test('a kernel is compiled once on a device, however many backends use it', async () => {
  const { device, calls } = observed(owner.device);
  const train = async (): Promise<void> => {
    const backend = await webgpu({ device });
    const optimizer = new ASGD(parametersOf(backend, 3, 5), { t0: 0, weightDecay: 0.1, maximize: true });
    for (let step = 0; step < 4; step++) optimizer.step();
    await backend.close();
  };
  await train();
  const compiled = calls['createComputePipeline']?.length;
  await train();
  expect(compiled).toBeGreaterThan(2);
  expect(calls['createComputePipeline']).toHaveLength(compiled ?? 0);
});

test('gradients that come and go leave plans and memory as they were', async () => {
  const { device, calls } = observed(owner.device);
  const backend = await webgpu({ device });
  const weight = backend.parameter(new Float32Array(100));
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0 });
  for (let step = 0; step < 2000; step++) {
    const gradient = backend.tensor(new Float32Array(100).fill(-1));
    weight.grad = gradient;
    optimizer.step();
    gradient.dispose();
    weight.grad = null;
  }
  expect((await weight.read())[99]).toBe(2000);
  // The probe's, one shared buffer, the scalars, and staging.
  expect(calls['createBuffer']?.length).toBeLessThan(12);
  await backend.close();
});

import { ASGD, DeviceLostError } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';
import { expect, test } from 'vitest';

const options = { lr: 0.1, t0: 1 };

test('every call after the loss of the device is a DeviceLostError with the reason', async () => {
  const backend = await webgpu();
  const weight = backend.parameter([1, 2, 3]);
  weight.grad = backend.tensor([1, 1, 1]);
  const optimizer = new ASGD([weight], options);
  for (let step = 0; step < 4; step++) optimizer.step();
  backend.device.destroy();
  await backend.device.lost;

  expect(() => optimizer.step()).toThrow(DeviceLostError);
  expect(() => optimizer.step()).toThrow('The GPU device is lost (reason: destroyed;');
  expect(() => backend.tensor([1])).toThrow(DeviceLostError);
  expect(() => backend.zeros([1])).toThrow(DeviceLostError);
  expect(() => weight.write([1, 2, 3])).toThrow(DeviceLostError);
  expect(() => optimizer.swapAverages()).toThrow(DeviceLostError);
  await expect(weight.read()).rejects.toThrow(DeviceLostError);
  await expect(optimizer.stateDict()).rejects.toThrow(DeviceLostError);
  await expect(backend.synchronize()).rejects.toThrow(DeviceLostError);
  await expect(backend.synchronize()).rejects.toThrow(DeviceLostError);
  expect(optimizer.state.get(weight)?.step).toBe(4);

  weight.dispose();
  optimizer.dispose();
  await backend.close();
});

test('a loss that was not reported yet is an error of synchronize() and of pending reads', async () => {
  const backend = await webgpu();
  const weight = backend.parameter([1, 2, 3]);
  weight.grad = backend.tensor([1, 1, 1]);
  const optimizer = new ASGD([weight], options);
  const read = weight.read();
  backend.device.destroy();
  optimizer.step();
  await expect(read).rejects.toThrow(DeviceLostError);
  await expect(backend.synchronize()).rejects.toThrow(DeviceLostError);
  await backend.close();
});

test('a backend cannot be opened on a lost device', async () => {
  const owner = await webgpu();
  owner.device.destroy();
  await owner.device.lost;
  await expect(webgpu({ device: owner.device })).rejects.toThrow(DeviceLostError);
  await owner.close();
});

test('a checkpoint continues on a new backend, bit for bit', async () => {
  const gradients = Array.from({ length: 12 }, (_, step) =>
    Float32Array.from({ length: 37 }, (_, index) => Math.sin(step * 37 + index)),
  );
  const start = new Float32Array(37).fill(0.3);
  const train = async (stopAfter: number): Promise<Float32Array[]> => {
    let backend = await webgpu();
    let weight = backend.parameter(start);
    let optimizer = new ASGD([weight], options);
    for (const [step, gradient] of gradients.entries()) {
      if (step === stopAfter) {
        const saved = structuredClone({ values: await weight.read(), state: await optimizer.stateDict() });
        backend.device.destroy();
        await backend.close();
        backend = await webgpu();
        weight = backend.parameter(saved.values);
        optimizer = new ASGD([weight], options);
        optimizer.loadStateDict(saved.state);
      }
      weight.grad = backend.tensor(gradient);
      optimizer.step();
    }
    const values = [await weight.read(), await optimizer.averageOf(weight).read()];
    await backend.close();
    return values as Float32Array[];
  };
  const uninterrupted = await train(-1);
  expect(await train(2)).toStrictEqual(uninterrupted);
  expect(await train(7)).toStrictEqual(uninterrupted);
});

test("closing leaves a caller's device alone, and destroys one of the backend's own", async () => {
  const owner = await webgpu();
  const { device } = owner;
  const guest = await webgpu({ device });
  await guest.close();
  const weight = owner.parameter([1]);
  expect([...(await weight.read())]).toStrictEqual([1]);
  await owner.close();
  expect((await device.lost).reason).toBe('destroyed');
});

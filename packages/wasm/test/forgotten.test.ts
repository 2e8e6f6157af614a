import { ASGD, type Parameter } from '@asgd/core';
import { wasm } from '@asgd/wasm';
import { expect, test } from 'vitest';

/** 390 KiB each: if none is freed, 4 GiB hold 10 726 of them. */
const length = 100_000;

test.each([
  ['reads', (parameter: Parameter) => parameter.read()],
  // So the collector has no JavaScript garbage to run for.
  ['synchronize()', ({ backend }: Parameter) => backend.synchronize()],
])('a loop that forgets its gradients and awaits %s goes on', { timeout: 600_000 }, async (_what, wait) => {
  const backend = await wasm({ threads: 1 });
  const parameter = backend.parameter(new Float32Array(length));
  const optimizer = new ASGD([parameter], { lr: 1, lambd: 0 });
  const values = new Float32Array(length).fill(1);
  for (let step = 0; step < 12_000; step++) {
    parameter.grad = backend.tensor(values);
    optimizer.step();
    await wait(parameter);
  }
  expect(new Set(parameter.view())).toStrictEqual(new Set([-12_000]));
  await backend.close();
});

test('the error says what to do in a loop that never waits', async () => {
  const backend = await wasm({ threads: 1 });
  const forget = (): void => {
    for (let count = 0; count < 80; count++) backend.zeros([2 ** 24]); // 64 MiB each
  };
  expect(forget).toThrow(
    /GiB of the backend's memory are in use.*\nSome .* dropped without dispose\(\).*event loop.*dispose\(\).*grad\.write/,
  );
  await backend.close();
});

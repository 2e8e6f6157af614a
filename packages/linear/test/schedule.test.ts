import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { expect, test } from 'vitest';
import { writeSchedule } from '../src/schedule.ts';

test("eta and mu have the bits of core's, whatever part of the schedule is written", async () => {
  const backend = await cpu();
  for (const t0 of [-100, -1, 0, 2.5, 7 - 1e-9, 20, 1e6]) {
    for (const [lr, lambd, alpha] of [
      [0.01, 1e-4, 0.75],
      [3.7, 0.1, 1],
      [1, 1e-3, 0],
      [0, 1, 0.5],
      [1e-9, 7, 2],
      // In steps 1, 8 and 20, eta is so close to the middle of two float32 that roots in place of a power round otherwise.
      [0.5000000359312481, 1e-3, 0.75],
      [0.5000000189104395, 1e-3, 0.75],
      [0.5000000488243156, 1e-3, 0.75],
    ] as const) {
      const parameter = backend.parameter([1], { dtype: 'float64' });
      parameter.grad = backend.tensor([0], { dtype: 'float64' });
      const optimizer = new ASGD([parameter], { lr, lambd, alpha, t0 });
      const expected: { eta: number; mu: number }[] = [{ eta: Math.fround(lr), mu: 1 }];
      for (let step = 1; step < 100; step++) {
        optimizer.step();
        const { eta = NaN, mu = NaN } = optimizer.state.get(parameter) ?? {};
        expected.push({ eta, mu });
      }
      const [etas, mus] = [new Float64Array(10), new Float64Array(10)];
      for (let step = 0; step < 100; step += 10) {
        writeSchedule({ lr, lambd, alpha, t0 }, step, 10, etas, mus);
        const part = expected.slice(step, step + 10);
        expect([...etas]).toStrictEqual(part.map(({ eta }) => eta));
        expect([...mus]).toStrictEqual(part.map(({ mu }) => mu));
      }
    }
  }
  await backend.close();
});

import { webgpu } from '@asgd/webgpu';
import manifest from '@asgd/webgpu/package.json' with { type: 'json' };
import type { Contender } from '../contender.ts';
import { probeAdapter, type WebGPUHost } from '../webgpu-host.ts';
import { asgd, type Stopwatch } from './asgd.ts';
import { callerBudget } from './caller-budget.ts';

/** @asgd/webgpu: how long a step keeps the calling thread from other work. */
export function asgdWebgpuCaller(host: WebGPUHost): Contender {
  return {
    ...asgd({
      id: 'asgd-webgpu-caller',
      label: 'asgd webgpu, calling thread',
      maxThreads: 1,
      peers: [callerBudget.id],
      version: manifest.version,
      dtypes: ['float32'],
      open: () => webgpu(),
      stopwatch: forCaller,
    }),
    probe: () => probeAdapter(host, manifest.version),
    declines: callerBudget.declines,
  };
}

/** Few enough for the device's queue, so that `step()` never waits for room in it. */
const stepsAtOnce = 8;

/**
 * Waits for the device now and then, off the clock. Several steps are timed at once: a browser's clock may move in
 * steps of 5 or even 100 microseconds.
 */
const forCaller: Stopwatch = async (steps, optimizer, backend) => {
  let spent = 0;
  for (let left = steps; left > 0; left -= stepsAtOnce) {
    const begin = performance.now();
    for (let i = 0; i < Math.min(left, stepsAtOnce); i++) optimizer.step();
    spent += performance.now() - begin;
    await backend.synchronize();
  }
  return spent;
};

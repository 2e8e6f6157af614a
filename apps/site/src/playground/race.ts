import { ASGD, type Backend } from '@asgd/core';
import { type BackendName, backendNames } from '../best-backend.ts';
import { openBackend } from './open-backend.ts';

/** What a backend took for a step, or why it did not run. */
export type Lap =
  | {
      readonly backend: BackendName;
      /** Milliseconds: the median. */
      readonly time: number;
      readonly threads: number;
      readonly threadsReason: string | null;
    }
  | { readonly backend: BackendName; readonly problem: string };

/**
 * Times steps of one float32 parameter while averaging, on one backend after the other. The GPU's steps are timed
 * until it has done them.
 * @param duration how long each backend is timed, in milliseconds
 */
export async function race(length: number, duration: number, onLap: (lap: Lap) => void): Promise<void> {
  for (const name of backendNames) {
    try {
      onLap(await timeOn(name, length, duration));
    } catch (error) {
      onLap({ backend: name, problem: error instanceof Error ? error.message : String(error) });
    }
  }
}

async function timeOn(name: BackendName, length: number, duration: number): Promise<Lap> {
  const backend = await openBackend(name);
  try {
    const weight = backend.parameter(new Float32Array(length).fill(1));
    weight.grad = backend.tensor(new Float32Array(length).fill(0.001));
    const optimizer = new ASGD([weight], { lr: 0.01, t0: -1 });
    await timeSteps(optimizer, backend, duration / 2); // compiles, and wakes the threads
    const times = await timeSteps(optimizer, backend, duration);
    const { threads, threadsReason } = backend.capabilities;
    const sorted = times.toSorted((a, b) => a - b);
    return {
      backend: name,
      time: sorted[Math.floor(sorted.length / 2)] ?? NaN,
      threads,
      threadsReason: threadsReason ?? null,
    };
  } finally {
    await backend.close();
  }
}

async function timeSteps(optimizer: ASGD, backend: Backend, duration: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + duration;
  do {
    const start = performance.now();
    // Browsers round their clock: a few steps at a time.
    for (let step = 0; step < 8; step++) optimizer.step();
    await backend.synchronize();
    times.push((performance.now() - start) / 8);
  } while (performance.now() < end);
  return times;
}

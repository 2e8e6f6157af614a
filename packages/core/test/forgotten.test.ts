import { ASGD, defineBackend, OutOfMemoryError } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { Recorder } from './recording.ts';

// 256 Ki float32, which take addresses rather than memory as long as nobody writes to them.
const length = 2 ** 18;

/** No more than this many are alive at a time if the forgotten ones are freed. */
const most = 600;

/** Gives the event loop a turn, in which the collector reports what it has found. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Calls `forget` a thousand times, and returns the most storages that were ever alive. */
async function peakOf(recorder: Recorder, forget: () => void): Promise<number> {
  let peak = 0;
  let patience = 1000;
  for (let count = 0; count < 1000; count++) {
    forget();
    peak = Math.max(peak, recorder.live.size);
    if (count % 4 === 0) await turn();
    // A collector on a busy machine may take its time.
    while (recorder.live.size > most / 2 && patience-- > 0) await turn();
  }
  return peak;
}

describe('what is forgotten is freed', () => {
  test('tensors', async () => {
    const recorder = new Recorder();
    expect(await peakOf(recorder, () => recorder.backend.zeros([length]))).toBeLessThan(most);
  });

  test('tensors whose memory the collector cannot see', async () => {
    const recorder = new Recorder();
    const allocate = (): Float32Array => {
      const storage = new Float32Array(0); // as if the values were elsewhere
      recorder.live.add(storage);
      return storage;
    };
    const backend = defineBackend({ ...recorder.kernels, allocate });
    expect(await peakOf(recorder, () => backend.zeros([length]))).toBeLessThan(most);
  });

  test.each([
    ['averages', { t0: -1 }, 1],
    ['recorded steps', { differentiable: true }, 2],
    ['averages and counters on a device', { capturable: true }, 2],
  ])('the %s of optimizers', async (_what, options, storages) => {
    const recorder = new Recorder('recorder', { scheduled: true });
    const parameter = recorder.backend.parameter(new Float32Array(length));
    parameter.grad = recorder.backend.zeros([length]);
    const forget = (): void => new ASGD([parameter], options).step();
    expect(await peakOf(recorder, forget)).toBeLessThan(most * storages);
  });

  test('in a loop that awaits only reads', async () => {
    const recorder = new Recorder();
    const parameter = recorder.backend.parameter([1]);
    for (let count = 0; count < 1000; count++) {
      recorder.backend.zeros([length]);
      await parameter.read();
    }
    expect(recorder.live.size).toBeLessThan(1000); // of 1001
  });

  test('but nothing that anybody still holds', async () => {
    const recorder = new Recorder();
    const kept = recorder.backend.zeros([length]);
    await peakOf(recorder, () => recorder.backend.zeros([length]));
    expect(await kept.read()).toHaveLength(length);
    kept.dispose(); // would fail if it had been freed
  });

  test('and nothing of a closed backend', async () => {
    const recorder = new Recorder();
    await peakOf(recorder, () => recorder.backend.zeros([length]));
    await recorder.backend.close();
    const { size } = recorder.live;
    for (let count = 0; count < 64; count++) {
      void new ArrayBuffer(2 ** 26);
      await turn();
    }
    expect(recorder.live.size).toBe(size);
  });
});

test('when memory runs out, the error says that forgotten tensors may be waiting', () => {
  const recorder = new Recorder();
  recorder.room = 20;
  for (let count = 0; count < 2; count++) recorder.backend.zeros([10]);
  const allocate = (size: number) => (): unknown => recorder.backend.zeros([size]);
  expect(allocate(10)).toThrow(OutOfMemoryError);
  expect(allocate(10)).toThrow(
    /^No room for 10 reals.\nSome of the memory may belong to tensors .*dispose\(\).*grad\.write/,
  );
  // Forgotten tensors cannot explain this.
  expect(allocate(1000)).toThrow(/^No room for 1000 reals.$/);
});

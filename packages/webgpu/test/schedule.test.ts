import { webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeSchedule, type Schedule, scheduleOf } from '../src/schedule.ts';
import { COPY_DST, COPY_SRC, MAP_READ, STORAGE, UNIFORM } from '../src/flags.ts';

// The schedule's kernel on its own, against float64 on the host, for more steps than a test could take one by one.

let backend: WebGPUBackend;
let device: GPUDevice;
beforeAll(async () => {
  backend = await webgpu();
  ({ device } = backend);
});
afterAll(() => backend.close());

const counterWords = 5;
const radix = 2 ** 22;
const { fround } = Math;

/** Steps from 0, around where the counter carries over, and far beyond what float32 counts. */
const steps: readonly number[] = [
  ...Array.from({ length: 200 }, (_, index) => index),
  ...[22, 23, 24, 25, 31, 32, 33, 43, 44, 45, 46, 47, 52].flatMap((power) =>
    [-2, -1, 0, 1, 2].map((beside) => 2 ** power + beside),
  ),
  ...Array.from({ length: 150 }, (_, index) => Math.floor(2 ** (7 + (index * 46) / 150))),
  Number.MAX_SAFE_INTEGER - 1,
];

interface Found {
  readonly decay: number;
  readonly signedEta: number;
  readonly mu: number;
  readonly next: { readonly step: number; readonly eta: number; readonly mu: number };
}

const etaAt = (lr: number, index: number): number =>
  fround(lr * ((index % 97) / 96) * (index % 7 === 0 ? 3 : 1));

/** Where bindings may begin: at multiples of this, in words. */
const slotWords = 64;

/** Sets up a function that runs the kernel on a counter for each of `steps`, with any schedule. */
interface Bench {
  readonly pipeline: GPUComputePipeline;
  readonly given: GPUBuffer;
  readonly counters: GPUBuffer;
  readonly rate: GPUBuffer;
  /** For each step, the slot of an update and then the counters. */
  readonly slots: GPUBuffer;
  readonly staging: GPUBuffer;
  readonly scalars: GPUBindGroup;
  readonly buffers: readonly GPUBindGroup[];
}

const benches = new Map<boolean, Bench>();

function benchFor(isRateGiven: boolean): Bench {
  const found = benches.get(isRateGiven);
  if (found) return found;
  const module = device.createShaderModule({ code: describeSchedule('prepare', isRateGiven).code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const createBuffer = (words: number, usage: number): GPUBuffer =>
    device.createBuffer({ size: words * 4, usage: usage | COPY_DST });
  const given = createBuffer(20, UNIFORM);
  const counters = createBuffer(steps.length * slotWords, STORAGE);
  const rate = createBuffer(1, STORAGE);
  const slots = createBuffer(2 * steps.length * slotWords, STORAGE | COPY_SRC);
  const staging = createBuffer(2 * steps.length * slotWords, MAP_READ);
  const bind = (index: number, resources: readonly GPUBufferBinding[]): GPUBindGroup =>
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(index),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
  const buffers = steps.map((_, index) =>
    bind(1, [
      { buffer: slots, offset: 2 * index * slotWords * 4, size: (slotWords + counterWords) * 4 },
      { buffer: counters, offset: index * slotWords * 4, size: slotWords * 4 },
      ...(isRateGiven ? [] : [{ buffer: rate }]),
    ]),
  );
  const scalars = bind(0, [{ buffer: given }]);
  const bench = { pipeline, given, counters, rate, slots, staging, scalars, buffers };
  benches.set(isRateGiven, bench);
  return bench;
}

/** Runs the kernel on a counter for each of `steps`. */
async function prepare(
  schedule: Omit<Schedule, 'isNegated'>,
  rate: number | null,
): Promise<readonly Found[]> {
  const bench = benchFor(rate === null);
  const counters = new Float32Array(steps.length * slotWords);
  steps.forEach((step, index) => {
    const digits = [step % radix, Math.floor(step / radix) % radix, Math.floor(step / radix ** 2)];
    counters.set([...digits, etaAt(rate ?? schedule.lr ?? 0, index), 0.25], index * slotWords);
  });
  device.queue.writeBuffer(bench.given, 0, scheduleOf({ ...schedule, isNegated: true }));
  device.queue.writeBuffer(bench.counters, 0, counters);
  if (rate !== null) device.queue.writeBuffer(bench.rate, 0, Float32Array.of(rate));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(bench.pipeline);
  pass.setBindGroup(0, bench.scalars);
  for (const buffers of bench.buffers) {
    pass.setBindGroup(1, buffers);
    pass.dispatchWorkgroups(1);
  }
  pass.end();
  encoder.copyBufferToBuffer(bench.slots, 0, bench.staging, 0, bench.slots.size);
  device.queue.submit([encoder.finish()]);
  await bench.staging.mapAsync(0x1);
  const reals = new Float32Array(bench.staging.getMappedRange().slice(0));
  bench.staging.unmap();
  return steps.map((_, index) => {
    const at = 2 * index * slotWords;
    const [decay = NaN, signedEta = NaN, mu = NaN] = reals.subarray(at);
    const [low = NaN, middle = NaN, high = NaN, nextEta = NaN, nextMu = NaN] = reals.subarray(at + slotWords);
    const next = { step: (high * radix + middle) * radix + low, eta: nextEta, mu: nextMu };
    return { decay, signedEta, mu, next };
  });
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? Number.NaN;
}

/** The distance from NaN to a number is infinite, and from NaN to NaN it is 0. */
function ulps(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
  return Math.abs(bitsOf(a) - bitsOf(b));
}

const schedules: readonly (Omit<Schedule, 'isNegated' | 'lr'> & { readonly lr: number })[] = [
  { lr: 0.1, lambd: 0.01, alpha: 0.75, t0: 0 },
  { lr: 0.05, lambd: 0, alpha: 0.75, t0: 1e6 },
  { lr: 0.3, lambd: 1e-4, alpha: 1, t0: 2.5 },
  { lr: 0.7, lambd: 0.9, alpha: 0.5, t0: -1 },
  { lr: 1.7, lambd: 1.1, alpha: 2, t0: 1e300 },
  { lr: 0, lambd: 1e-4, alpha: 0.75, t0: -7.3 },
  { lr: 1e-20, lambd: 1e-4, alpha: 0, t0: 100 },
  { lr: 1000, lambd: 0.001, alpha: 0.75, t0: 1.1 },
  { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: Infinity },
  { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: -Infinity },
  { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: -1e30 },
  { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: -(2 ** 60) },
  // Large powers, in which every bit of the base shows.
  { lr: 0.1, lambd: 1e-4, alpha: 100, t0: -(2 ** 62) * 1.1 },
  { lr: 0.1, lambd: 1e-4, alpha: 1000, t0: -(2 ** 64) },
  { lr: 0.1, lambd: 1e-6, alpha: 2000, t0: -1e17 },
  { lr: 0.1, lambd: 1e-12, alpha: 1e9, t0: -1e-17 },
  { lr: 0.1, lambd: 3e-16, alpha: 1e17, t0: -1e-300 },
  { lr: 0.1, lambd: 1e-8, alpha: 1.7e308, t0: -(1 + 2 ** -25) },
  { lr: 0.1, lambd: 5e-324, alpha: 5e-324, t0: 2 ** -25 },
  { lr: 1, lambd: 1, alpha: 100, t0: 0.99999999 },
  // Beyond what float32 holds, at both ends.
  { lr: 1e39, lambd: 1e-39, alpha: 0.75, t0: 1e9 + 0.3 },
  { lr: 1e300, lambd: 1e-290, alpha: 25, t0: 2 ** 52 },
  { lr: 1.7e308, lambd: 1e-300, alpha: 40, t0: 2 ** 52 - 0.5 },
  { lr: 1e300, lambd: 1e300, alpha: 0.5, t0: 2 ** 53 },
  { lr: 1e-300, lambd: 1.7e308, alpha: 1, t0: 5e-324 },
  { lr: 1e-40, lambd: 1e38, alpha: 0.1, t0: 1.7e308 },
  { lr: 1, lambd: 1.7e308, alpha: 1e-5, t0: -1.7e308 },
  { lr: Infinity, lambd: 0, alpha: 0.75, t0: 0 },
  { lr: Infinity, lambd: 1e-4, alpha: 0.75, t0: 0 },
  { lr: Infinity, lambd: 1e-4, alpha: 0, t0: 0 },
  { lr: -0, lambd: 1, alpha: 2, t0: -0 },
];

/** Numbers of every size that an option may have, the same in every run. */
function* drawn(count: number): Generator<(typeof schedules)[number]> {
  let seed = 7;
  const random = (): number => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
  const between = (low: number, high: number): number => 2 ** (low + (high - low) * random());
  for (let index = 0; index < count; index++) {
    const lr = between(-140, 120);
    const lambd = between(-60, 20) / (lr * between(0, 60));
    // Chosen so that the power is mostly neither 1 nor infinite after some of the steps.
    const alpha = between(0, 8) / Math.log2(1 + lambd * lr * between(0, 50));
    const t0 = (random() < 0.5 ? -1 : 1) * between(-40, 70);
    yield { lr, lambd, alpha: Number.isFinite(alpha) ? alpha : between(0, 1023), t0 };
  }
}

describe.for([false, true])('the schedule on the device, lr in a tensor: %s', (isInTensor) => {
  test.for([...schedules, ...drawn(40)])(
    'lr $lr, lambd $lambd, alpha $alpha, t0 $t0',
    async ({ lr: exact, lambd, alpha, t0 }) => {
      const lr = isInTensor ? fround(exact) : exact;
      const found = await prepare({ lr: isInTensor ? null : lr, lambd, alpha, t0 }, isInTensor ? lr : null);
      const worst = { eta: 0, mu: 0 };
      found.forEach(({ decay, signedEta, mu, next }, index) => {
        const step = steps[index] ?? NaN;
        const eta = step === 0 ? fround(lr) : etaAt(lr, index);
        // What an update uses has the host's bits.
        expect([decay, signedEta, mu]).toStrictEqual([fround(1 - lambd * eta), -eta, 0.25]);
        // The count goes on where float32 would stop at 2^24.
        expect(next.step).toBe(step + 1);
        const nextEta = fround(lr / (1 + lambd * lr * (step + 1)) ** alpha);
        const nextMu = fround(1 / Math.max(1, step + 1 - t0));
        worst.eta = Math.max(worst.eta, ulps(next.eta, nextEta));
        worst.mu = Math.max(worst.mu, ulps(next.mu, nextMu));
      });
      expect(worst.eta).toBeLessThanOrEqual(1);
      expect(worst.mu).toBe(0);
    },
  );
});

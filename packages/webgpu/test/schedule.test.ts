import { webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeSchedule, type Schedule, scheduleOf } from '../src/schedule.ts';
import { COPY_DST, COPY_SRC, MAP_READ, STORAGE, UNIFORM } from '../src/flags.ts';

// The schedule's kernel on its own, against float64 on the host, for more steps than anybody would take one by one.

let backend: WebGPUBackend;
let device: GPUDevice;
beforeAll(async () => {
  backend = await webgpu();
  ({ device } = backend);
});
afterAll(() => backend.close());

const { fround } = Math;

/** Steps from 0, around where the counter carries over, and far beyond what float32 counts. */
const steps: readonly number[] = [
  ...Array.from({ length: 700 }, (_, index) => index),
  ...[22, 23, 24, 25, 31, 32, 33, 44].flatMap((power) =>
    [-2, -1, 0, 1, 2].map((beside) => 2 ** power + beside),
  ),
  ...Array.from({ length: 300 }, (_, index) => Math.floor(2 ** (10 + (index * 34) / 300))),
];

interface Found {
  readonly decay: number;
  readonly signedEta: number;
  readonly mu: number;
  readonly next: { readonly step: number; readonly eta: number; readonly mu: number };
}

const etaAt = (lr: number, index: number): number =>
  fround(lr * ((index % 97) / 96) * (index % 7 === 0 ? 3 : 1));

const pipelines = new Map<boolean, GPUComputePipeline>();

function pipelineOf(isRateGiven: boolean): GPUComputePipeline {
  const module = device.createShaderModule({ code: describeSchedule('prepare', isRateGiven).code });
  const pipeline =
    pipelines.get(isRateGiven) ?? device.createComputePipeline({ layout: 'auto', compute: { module } });
  pipelines.set(isRateGiven, pipeline);
  return pipeline;
}

/** What is bound, at offsets that bindings may begin at. */
const slotSize = 256;

/** Runs the kernel on a counter for each of `steps`. */
async function prepare(
  schedule: Omit<Schedule, 'isNegated'>,
  rate: number | null,
): Promise<readonly Found[]> {
  const bufferOf = (data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size: data.byteLength, usage: usage | COPY_SRC | COPY_DST });
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  };
  const given = new Uint32Array(16);
  given.set(scheduleOf({ ...schedule, isNegated: true }));
  const count = steps.length;
  const counters = new Float32Array((count * slotSize) / 4);
  steps.forEach((step, index) => {
    const eta = etaAt(rate ?? schedule.lr ?? 0, index);
    counters.set([step % 2 ** 22, Math.floor(step / 2 ** 22), eta, 0.25], (index * slotSize) / 4);
  });
  // For each, one slot and the counters after it.
  const slots = bufferOf(new Uint32Array((2 * count * slotSize) / 4), STORAGE);
  const counterBuffer = bufferOf(counters, STORAGE);
  const rates = rate === null ? [] : [{ buffer: bufferOf(Float32Array.of(rate), STORAGE) }];
  const pipeline = pipelineOf(rate === null);
  const group = (index: number, resources: readonly GPUBufferBinding[]): GPUBindGroup =>
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(index),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
  const staging = device.createBuffer({ size: slots.size, usage: MAP_READ | COPY_DST });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group(0, [{ buffer: bufferOf(given, UNIFORM) }]));
  for (const index of steps.keys()) {
    const bound = [
      { buffer: slots, offset: 2 * index * slotSize, size: slotSize + 16 },
      { buffer: counterBuffer, offset: index * slotSize, size: slotSize },
    ];
    pass.setBindGroup(1, group(1, [...bound, ...rates]));
    pass.dispatchWorkgroups(1);
  }
  pass.end();
  encoder.copyBufferToBuffer(slots, 0, staging, 0, slots.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(0x1);
  const reals = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return steps.map((_, index) => {
    const at = (2 * index * slotSize) / 4;
    const [decay = NaN, signedEta = NaN, mu = NaN] = reals.subarray(at);
    const [low = NaN, high = NaN, eta = NaN, nextMu = NaN] = reals.subarray(at + slotSize / 4);
    return { decay, signedEta, mu, next: { step: high * 2 ** 22 + low, eta, mu: nextMu } };
  });
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? Number.NaN;
}

function ulps(a: number, b: number): number {
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
];

describe.for([false, true])('the schedule on the device, lr in a tensor: %s', (isInTensor) => {
  test.for(schedules)(
    'lr $lr, lambd $lambd, alpha $alpha, t0 $t0',
    async ({ lr: exact, lambd, alpha, t0 }) => {
      const lr = isInTensor ? fround(exact) : exact;
      const found = await prepare({ lr: isInTensor ? null : lr, lambd, alpha, t0 }, isInTensor ? lr : null);
      const worst = { eta: 0, mu: 0 };
      found.forEach(({ decay, signedEta, mu, next }, index) => {
        const step = steps[index] ?? NaN;
        const eta = step === 0 ? fround(lr) : etaAt(lr, index);
        // What an update uses is formed as on the host, to the bit.
        expect([decay, signedEta, mu]).toStrictEqual([fround(1 - lambd * eta), -eta, 0.25]);
        // Counted without end, where float32 stands still at 2^24.
        expect(next.step).toBe(step + 1);
        const nextEta = fround(lr / (1 + lambd * lr * (step + 1)) ** alpha);
        const nextMu = fround(1 / Math.max(1, step + 1 - t0));
        worst.eta = Math.max(worst.eta, ulps(next.eta, nextEta));
        worst.mu = Math.max(worst.mu, ulps(next.mu, nextMu));
      });
      expect(worst.eta).toBeLessThanOrEqual(1);
      expect(worst.mu).toBeLessThanOrEqual(1);
    },
  );
});

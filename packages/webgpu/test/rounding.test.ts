import { conformance } from '@asgd/conformance/vitest';
import { ASGD } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';
import { afterAll, describe, expect, test } from 'vitest';
import { normals, predict } from '../src/probe.ts';
import { disguise } from './disguise.ts';

const owner = await webgpu();
afterAll(() => owner.close());

/** The kernel as a driver that fuses would compile it. Each pattern stands for one of its optimizations. */
function compiledSo(rewrite: (code: string) => string): { device: GPUDevice; codes: string[] } {
  const codes: string[] = [];
  const device = disguise(owner.device, {
    createShaderModule(descriptor) {
      const code = rewrite(descriptor.code);
      codes.push(code);
      return owner.device.createShaderModule({ ...descriptor, code });
    },
  });
  return { device, codes };
}

const fuseLast = (code: string): string =>
  code.replaceAll(
    'product(before, update.decay) + product(g, update.eta)',
    'fused(g, vec4f(update.eta), product(before, update.decay))',
  ) + fused;
const fuseBlend = (code: string): string =>
  code.replaceAll('ax + product(p - ax, update.mu)', 'fused(p - ax, vec4f(update.mu), ax)') + fused;
const fuseDecay = (code: string): string =>
  code.replaceAll(
    /product\(before, update\.weightDecay\) \+ update\.sign \* +(?<gradient>[^;]+);/g,
    'fused(before, vec4f(update.weightDecay), update.sign * $<gradient>);',
  ) + fused;

/**
 * a · b + c, rounded once in nearly all cases: it adds what the product and the sum lost. The software adapter's own fma()
 * rounds twice.
 * T. J. Dekker, "A floating-point technique for extending the available precision", 1971.
 */
const fused = `
fn high(x: vec4f) -> vec4f { return bitcast<vec4f>(bitcast<vec4u>(x) & vec4u(0xfffff000u)); }
fn fused(a: vec4f, b: vec4f, c: vec4f) -> vec4f {
  let product = a * b;
  let ah = high(a);
  let al = a - ah;
  let bh = high(b);
  let bl = b - bh;
  let lost = ((ah * bh - product) + ah * bl + al * bh) + al * bl;
  let sum = product + c;
  let added = sum - product;
  let rest = (product - (sum - added)) + (c - added);
  return sum + (rest + lost);
}
`;

/** Like a driver, this does not fuse a product that goes through an integer. */
const unlessGuarded =
  (rewrite: (code: string) => string) =>
  (code: string): string =>
    code.includes('bitcast') ? code : rewrite(code);

describe.for([
  ['the last sum', fuseLast],
  ['the average', fuseBlend],
  ['weight decay', fuseDecay],
] as const)('a driver that fuses the product of %s', ([, rewrite]) => {
  test('gets a kernel that it cannot fuse, and then rounds as the specification says', async () => {
    const { device, codes } = compiledSo(unlessGuarded(rewrite));
    const backend = await webgpu({ device });
    expect(backend.capabilities.contraction).toBe('never');
    const weight = backend.parameter([1]);
    weight.grad = backend.tensor([1]);
    new ASGD([weight]).step();
    expect(codes.at(-1)).toContain('| vec4u(update.zero)');
    await backend.close();
  });

  test('and that no form of the kernel keeps from it, is declared', async () => {
    const { device } = compiledSo(rewrite);
    const backend = await webgpu({ device });
    expect(backend.capabilities.contraction).toBe('may');
    await backend.close();
  });
});

test('a driver that does not fuse gets the plain kernel', async () => {
  const { device, codes } = compiledSo((code) => code);
  const backend = await webgpu({ device });
  expect(backend.capabilities.contraction).toBe('never');
  expect(codes.join('\n')).not.toContain('bitcast');
  await backend.close();
});

test('a driver that keeps subnormal numbers is seen to', async () => {
  // The software adapter flushes. This kernel computes in numbers 2^64 times as large.
  const scaled = (code: string): string =>
    code
      .replaceAll(/let before = (?<value>[^;]+);/g, 'let before = scaleUp($<value>);')
      .replaceAll(/let g = +(?<value>[^;]+);/g, 'let g = scaleUp($<value>);')
      .replaceAll(/let ax = (?<value>[^;]+);/g, 'let ax = scaleUp($<value>);')
      .replaceAll(
        /(?<target>buffer\d\[[^\n;=]+ \+ i\]) = (?<value>[^;]+);/g,
        '$<target> = scaleDown($<value>);',
      )
      .concat(scaling);
  const { device } = compiledSo(scaled);
  const backend = await webgpu({ device });
  expect(backend.capabilities.subnormals).toBe('keep');
  await backend.close();
});

/** In integer arithmetic, for finite numbers. Subnormal results are not rounded, since the probe's are exact. */
const scaling = `
fn up(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let sign = bits & 0x80000000u;
  let rest = bits & 0x7fffffffu;
  if (rest == 0u) { return x; }
  if (rest < 0x800000u) { return bitcast<f32>(sign | (bitcast<u32>(f32(rest)) - (85u << 23u))); }
  return bitcast<f32>(sign | (rest + (64u << 23u)));
}
fn down(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let sign = bits & 0x80000000u;
  let rest = bits & 0x7fffffffu;
  let exponent = rest >> 23u;
  if (rest == 0u) { return x; }
  if (exponent > 64u) { return bitcast<f32>(sign | (rest - (64u << 23u))); }
  return bitcast<f32>(sign | (((rest & 0x7fffffu) | 0x800000u) >> (65u - exponent)));
}
fn scaleUp(x: vec4f) -> vec4f { return vec4f(up(x.x), up(x.y), up(x.z), up(x.w)); }
fn scaleDown(x: vec4f) -> vec4f { return vec4f(down(x.x), down(x.y), down(x.z), down(x.w)); }
`;

test("the probe's numbers tell every product that is fused", () => {
  for (const weightDecay of [0, 0.7]) {
    const experiment = normals(weightDecay);
    const [p = new Float32Array(), ax = new Float32Array()] = predict(experiment);
    const { parameter, gradient, average, scalars } = experiment;
    const { decay, eta, mu } = scalars;
    const { fround } = Math;
    let [first, second, blend, decayed] = [0, 0, 0, 0];
    // A product of two float32 is exact in float64, where the sum is rounded so finely that rounding twice hardly shows.
    for (const [index, before] of parameter.entries()) {
      const raw = gradient[index] ?? Number.NaN;
      const g = fround(raw + fround(fround(weightDecay) * before));
      const fusedG = fround(raw + fround(weightDecay) * before);
      if (fround(before * decay - fround(eta * g)) !== p[index]) first++;
      if (fround(fround(before * decay) - eta * g) !== p[index]) second++;
      if (fround(fround(before * decay) - fround(eta * fusedG)) !== p[index]) decayed++;
      const a = average[index] ?? Number.NaN;
      if (fround(a + fround((p[index] ?? Number.NaN) - a) * mu) !== ax[index]) blend++;
    }
    expect(Math.min(first, second, blend)).toBeGreaterThan(5);
    expect(decayed).toBeGreaterThan(weightDecay === 0 ? -1 : 2);
  }
});

conformance(
  {
    name: 'webgpu with products that cannot be fused',
    open: async () => webgpu({ device: compiledSo(unlessGuarded(fuseBlend)).device }),
  },
  { only: 'step/*/n=65' },
);

conformance(
  {
    name: 'webgpu on a driver that fuses',
    open: async () => webgpu({ device: compiledSo(fuseBlend).device }),
  },
  { only: 'step/*/n=64' },
);

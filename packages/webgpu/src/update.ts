// The update of SPEC.md in WGSL. WGSL lets an adapter fuse a product with the sum that follows it, and most graphics
// drivers do. A product that passes through an integer cannot be fused. That costs one instruction, which does not show
// since memory is the bottleneck. The kernels are written so only where probe.ts finds that it is needed.

import type { StepBatch } from '@asgd/core';
import type { Description } from './pipelines.ts';

/** What a compiled kernel does. */
export interface Variant {
  readonly averaging: StepBatch<unknown>['averaging'];
  readonly hasWeightDecay: boolean;
  /** Whether it updates four reals at a time. Then every range starts at a multiple of 16 bytes. */
  readonly isVector: boolean;
  /** Whether it updates many ranges, from a table of tiles. Otherwise it gets one range, with the scalars. */
  readonly isTabled: boolean;
  /** The bound buffers, counted from 0, of the parameter, the gradient and the average. No buffer is bound twice. */
  readonly slots: readonly number[];
  /** Whether it prevents products from being fused. */
  readonly isGuarded: boolean;
}

const workgroupSize = 256;

/** How many elements (reals, or vectors of four) a workgroup updates: two an invocation. */
export const tileSize: number = 2 * workgroupSize;

/** Where the single range begins in `Update`, in words of 4 bytes. */
export const rangeWord = 8;

/** What `Pipelines` compiles for a variant. */
export function describeUpdate(variant: Variant): Description {
  const code = updateShader(variant, boundSlots(variant));
  return { label: 'asgd update', code, buffers: bindingsOf(variant) };
}

/** The bindings of a variant: each buffer once, and then the table of tiles. */
export function bindingsOf(variant: Pick<Variant, 'slots' | 'isTabled'>): readonly GPUBufferBindingType[] {
  const buffers = boundSlots(variant).map(() => 'storage' as const);
  return variant.isTabled ? [...buffers, 'read-only-storage'] : buffers;
}

function boundSlots({ slots }: Pick<Variant, 'slots'>): readonly number[] {
  return [...new Set(slots)];
}

/**
 * `eta` is negative; to maximize without weight decay, it is positive. With weight decay, `sign` multiplies the gradient
 * instead. `zero` is a 0 that the compiler does not know. A range or a tile says where its parameter, gradient and average
 * begin, and how long it is.
 */
function updateShader(variant: Variant, bound: readonly number[]): string {
  const { averaging, hasWeightDecay, isVector, isTabled, slots, isGuarded } = variant;
  const [reals, words] = isVector ? ['vec4f', 'vec4u'] : ['f32', 'u32'];
  const buffer = (slot: number): string =>
    /* wgsl */ `@group(1) @binding(${slot}) var<storage, read_write> buffer${slot}: array<${reals}>;`;
  const [parameter, gradient, average] = slots.map(
    (slot, which) => /* wgsl */ `buffer${slot}[at[${which}] + i]`,
  );
  return /* wgsl */ `
struct Update { decay: f32, eta: f32, mu: f32, weightDecay: f32, sign: f32, zero: u32, range: vec4u }
@group(0) @binding(0) var<uniform> update: Update;
${bound.map(buffer).join('\n')}
${isTabled ? `@group(1) @binding(${bound.length}) var<storage, read> tiles: array<vec4u>;` : ''}

fn product(a: ${reals}, b: f32) -> ${reals} {
  return ${isGuarded ? `bitcast<${reals}>(bitcast<${words}>(a * b) | ${words}(update.zero))` : `a * b`};
}

fn step(at: vec4u, i: u32) {
  let before = ${parameter};
  let g = ${hasWeightDecay ? `product(before, update.weightDecay) + update.sign *` : ''} ${gradient};
  let p = product(before, update.decay) + product(g, update.eta);
  ${parameter} = p;
  ${averaging === 'copy' ? `${average} = p;` : ''}
  ${averaging === 'scheduled' ? `let ax = ${average}; ${average} = select(ax + product(p - ax, update.mu), p, update.mu == 1);` : ''}
  ${averaging === 'blend' ? `let ax = ${average}; ${average} = ax + product(p - ax, update.mu);` : ''}
}

@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  ${
    isTabled
      ? `if (tile >= arrayLength(&tiles)) { return; } let at = tiles[tile]; let i = lane;`
      : `let at = update.range; let i = tile * ${tileSize} + lane;`
  }
  if (i >= at[3]) { return; }
  step(at, i);
  if (i + ${workgroupSize} < at[3]) { step(at, i + ${workgroupSize}); }
}`;
}

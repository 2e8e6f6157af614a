// The update of SPEC.md in WGSL. WGSL lets an adapter fuse a product with the sum that follows it, and most graphics
// drivers do; a product that has been through an integer cannot be fused, which costs an instruction that a kernel
// bound by memory does not feel. It is written so only where the probe finds that it is needed (probe.ts).

import type { Averaging } from '@asgd/core';
import type { Description } from './pipelines.ts';

/** What one compiled kernel is for. */
export interface Variant {
  /** `'scheduled'`: copied while `mu` is 1, else blended, as the device finds it. */
  readonly averaging: Averaging | 'scheduled';
  readonly hasWeightDecay: boolean;
  /** Four reals at a time, where every range starts at a multiple of 16 bytes. */
  readonly isVector: boolean;
  /** Many ranges, looked up in a table of tiles; otherwise one, which is given with the scalars. */
  readonly isTabled: boolean;
  /** Which bound buffer, counted from 0, holds the parameter, the gradient, the average: no buffer is bound twice. */
  readonly slots: readonly number[];
  /** Whether products must be kept from being fused. */
  readonly isGuarded: boolean;
}

const workgroupSize = 256;

/** Elements (reals, or vectors of four) that a workgroup updates: two an invocation. */
export const tileSize: number = 2 * workgroupSize;

/** Where `Update` begins to say where a single range is, in words of 4 bytes. */
export const rangeWord = 8;

/** What `Pipelines` compiles for a variant: the buffers, each bound once, and after them the table of tiles. */
export function describeUpdate(variant: Variant): Description {
  const bound = [...new Set(variant.slots)];
  return {
    label: 'asgd update',
    code: updateShader(variant, bound),
    buffers: [
      ...bound.map(() => 'storage' as const),
      ...(variant.isTabled ? (['read-only-storage'] as const) : []),
    ],
  };
}

/**
 * `eta` is negative, or positive to maximize without weight decay; with it, `sign` does that to the gradient. `zero`
 * is a 0 that no compiler knows. A range or a tile is where its parameter, gradient and average begin, and its length.
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

// The update of SPEC.md in WGSL. WGSL lets an adapter fuse a product with the sum that follows it, and most graphics
// drivers do; a product that has been through an integer cannot be fused, which costs an instruction that a kernel
// bound by memory does not feel. It is written so only where the probe finds that it is needed (probe.ts).

import type { Averaging } from '@asgd/core';

/** What one compiled kernel is for. */
export interface Variant {
  readonly averaging: Averaging;
  readonly hasWeightDecay: boolean;
  /** Four reals at a time, where every range starts at a multiple of 16 bytes. */
  readonly isVector: boolean;
  /** Many ranges, looked up in a table of tiles; otherwise one, which is given with the scalars. */
  readonly isTabled: boolean;
  /** Which of the bound buffers holds what: a buffer must not be bound twice. */
  readonly slots: Slots;
  /** Whether products must be kept from being fused. */
  readonly isGuarded: boolean;
}

export interface Slots {
  readonly parameter: 0;
  readonly gradient: 0 | 1;
  readonly average: 0 | 1 | 2;
}

/** Invocations of a workgroup, and elements (reals, or vectors of four) of a tile. */
export const tileSize = 256;

/** Bytes of `Update` below. */
export const updateSize = 48;

export function updateShader(variant: Variant): string {
  const { averaging, hasWeightDecay, isVector, isTabled, slots, isGuarded } = variant;
  const [real, word] = isVector ? ['vec4f', 'vec4u'] : ['f32', 'u32'];
  const buffer = (slot: number): string =>
    `@group(1) @binding(${slot}) var<storage, read_write> buffer${slot}: array<${real}>;`;
  const parameter = `buffer${slots.parameter}[at.x + i]`;
  const gradient = `buffer${slots.gradient}[at.y + i]`;
  const average = `buffer${slots.average}[at.z + i]`;
  return `
struct Update {
  decay: f32,
  eta: f32,         // negative, or positive to maximize without weight decay
  mu: f32,
  weightDecay: f32,
  sign: f32,        // of the gradient, with weight decay
  zero: u32,        // which no compiler knows
  at: vec4u,        // of a single range: where parameter, gradient and average begin, and the length
}
@group(0) @binding(0) var<uniform> update: Update;
${buffersOf(variant).map(buffer).join('\n')}
${isTabled ? '@group(1) @binding(3) var<storage, read> tiles: array<vec4u>;' : ''}

fn product(a: ${real}, b: f32) -> ${real} {
  ${isGuarded ? `return bitcast<${real}>(bitcast<${word}>(a * b) | ${word}(update.zero));` : 'return a * b;'}
}

@compute @workgroup_size(${tileSize})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
${
  isTabled
    ? `  if (tile >= arrayLength(&tiles)) { return; }
  let at = tiles[tile];
  let i = lane;`
    : `  let at = update.at;
  let i = tile * ${tileSize} + lane;`
}
  if (i >= at.w) { return; }
  let before = ${parameter};
  let gradient = ${gradient};
  ${
    hasWeightDecay
      ? 'let g = update.sign * gradient + product(before, update.weightDecay);'
      : 'let g = gradient;'
  }
  let p = product(before, update.decay) + product(g, update.eta);
  ${parameter} = p;
  ${averaging === 'copy' ? `${average} = p;` : ''}
  ${averaging === 'blend' ? `let ax = ${average};\n  ${average} = ax + product(p - ax, update.mu);` : ''}
}`;
}

/** The slots that a variant binds. */
export function buffersOf({ averaging, slots }: Pick<Variant, 'averaging' | 'slots'>): readonly number[] {
  const last = Math.max(slots.gradient, averaging === 'none' ? 0 : slots.average);
  return [0, 1, 2].slice(0, last + 1);
}

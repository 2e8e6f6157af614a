import { OutOfMemoryError } from '@asgd/core/errors';
import { STATE_LENGTH } from './kernels/state.ts';
import type { Table } from './table.ts';

/** The numbers of a model: one of these for each model, changed in place by training. */
export interface Numbers {
  /** For each feature, first the weights of its outputs, then what their averages are made of (kernels/factors.ts). */
  readonly weights: Float64Array;
  /** The intercept of each output, then the average of each. */
  readonly intercepts: Float64Array;
  /** The factors and options that kernels/state.ts names. */
  readonly state: Float64Array;
}

/** What a model is trained on. Targets and weights are by row. */
export interface Examples {
  readonly table: Table;
  readonly targets: Float64Array;
  readonly weights: Float64Array;
}

/** What does not change while a model lives. */
export interface Shape {
  readonly loss: number;
  readonly features: number;
  readonly outputs: number;
  readonly batch: number;
}

/** How many steps one call of the kernels takes at most: room for their rows and schedule is set aside. */
export function stepsPerCall(batch: number): number {
  return Math.max(1, Math.floor(16_384 / batch));
}

/** Room for the numbers of a model. @throws OutOfMemoryError */
export function allocateNumbers({ features, outputs }: Shape): Numbers {
  const length = 2 * features * outputs;
  try {
    return {
      weights: new Float64Array(length),
      intercepts: new Float64Array(2 * outputs),
      state: new Float64Array(STATE_LENGTH),
    };
  } catch (cause) {
    throw new OutOfMemoryError(
      `Could not allocate ${8 * length} bytes for weights and averages: use fewer columns, for instance hashed ones.`,
      { cause },
    );
  }
}

/**
 * Runs the kernels: in JavaScript (plain-runner.ts), or in WebAssembly (wasm-runner.ts). Both give the same bits. Their
 * code is loaded when training starts.
 */
export interface Runner {
  readonly numbers: Numbers;
  /** The schedule of the next call's steps. */
  readonly etas: Float64Array;
  readonly mus: Float64Array;
  /** Takes the rows that `run` trains on until the next `load`. */
  load(examples: Examples): void;
  /** Lets go of them. */
  unload(): void;
  /** Trains on the rows that `order` names. Returns how many: see kernels/train.ts. */
  run(order: Uint32Array): number;
}

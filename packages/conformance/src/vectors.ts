import type { Capabilities, DType, RealArray, RealDType } from '@asgd/core';
import type { Requirement } from './compare.ts';
import type { Schedule } from './reference.ts';
import { realOf, ulpOf, zeros } from './rounding.ts';
import type { GroupSpec, ParameterSpec, StepSpec, Trace, TraceOptions } from './trace.ts';
import manifest from '../vectors/manifest.json' with { type: 'json' };

// tools/golden makes the files; vectors/README.md describes their format.

/** What PyTorch recorded, as it is stored: arrays are base64 of little-endian reals. */
interface VectorFile {
  readonly dtype: DType;
  readonly traces: readonly StoredTrace[];
}

export interface StoredTrace {
  readonly id: string;
  readonly groups: readonly GroupSpec[];
  readonly parameters: readonly StoredParameter[];
  readonly steps: readonly StoredStep[];
}

interface StoredParameter {
  readonly shape: readonly number[];
  readonly initial: string;
  /** Where it differs from the file's. */
  readonly dtype?: DType;
}

interface StoredStep {
  readonly options?: readonly Partial<TraceOptions>[];
  readonly resume?: true;
  readonly gradients: readonly (string | null)[];
  /** After the step. */
  readonly parameters: readonly string[];
  /** After the step; `null` for a parameter that never had a gradient. */
  readonly state: readonly ((Schedule & { readonly ax: string }) | null)[];
}

/** A recorded training run: what to do, and PyTorch's results after each step. */
export interface RecordedTrace extends Trace {
  readonly recorded: readonly (readonly RecordedParameter[])[];
}

export interface RecordedParameter {
  readonly values: RealArray;
  readonly state: (Schedule & { readonly ax: RealArray }) | null;
}

/** The traces of every file. In the built package each file is a separate chunk, loaded here. */
export async function loadVectors(): Promise<readonly VectorFile[]> {
  const modules = await Promise.all([
    import('../vectors/float32.json', { with: { type: 'json' } }),
    import('../vectors/float64.json', { with: { type: 'json' } }),
    import('../vectors/complex64.json', { with: { type: 'json' } }),
    import('../vectors/complex128.json', { with: { type: 'json' } }),
  ]);
  return modules.map((module) => module.default as VectorFile);
}

/** The dtypes of a trace's parameters. */
export function dtypesOf({ parameters }: StoredTrace, fileDType: DType): readonly DType[] {
  return parameters.map(({ dtype = fileDType }) => dtype);
}

/** Whether arithmetic that flushes subnormal numbers cannot follow the trace. */
export function needsSubnormals({ id }: StoredTrace): boolean {
  return manifest.subnormalTraces.includes(id);
}

/** Reads a stored trace. */
export function decodeTrace(trace: StoredTrace, fileDType: DType): RecordedTrace {
  const dtypes = dtypesOf(trace, fileDType);
  const decodeFor = (index: number, text: string): RealArray =>
    decodeReals(text, realOf(dtypes[index] ?? fileDType));
  return {
    groups: trace.groups,
    parameters: trace.parameters.map(({ shape, initial }, index): ParameterSpec => ({
      dtype: dtypes[index] ?? fileDType,
      shape,
      initial: decodeFor(index, initial),
    })),
    steps: trace.steps.map(({ options, resume = false, gradients }): StepSpec => ({
      ...(options && { options }),
      resume,
      gradients: gradients.map((gradient, index) => (gradient === null ? null : decodeFor(index, gradient))),
    })),
    recorded: trace.steps.map(({ parameters, state }) =>
      parameters.map((values, index) => {
        const stored = state[index] ?? null;
        return {
          values: decodeFor(index, values),
          state: stored && { ...stored, ax: decodeFor(index, stored.ax) },
        };
      }),
    ),
  };
}

/** Base64 of little-endian reals. */
export function decodeReals(text: string, dtype: RealDType): RealArray {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const values = zeros(dtype, bytes.length / (dtype === 'float32' ? 4 : 8));
  for (let index = 0; index < values.length; index++) {
    values[index] = dtype === 'float32' ? view.getFloat32(index * 4, true) : view.getFloat64(index * 8, true);
  }
  return values;
}

/** How far a backend may be from PyTorch after `step` steps, in ulp of the scale: the manifest's bound. */
export function boundAfter(step: number, { contraction }: Capabilities): number {
  return manifest.tolerance.ulpPerStep[contraction] * step;
}

/**
 * The manifest's rule for one array: a NaN or an infinity must be the same, and two zeros must have the same
 * sign; any other number is within `bound` ulp of its scale, the largest magnitude that was recorded for this
 * real of the parameter so far.
 */
export function withinBound(recorded: RealArray, scale: Float64Array, bound: number): Requirement {
  const dtype = recorded instanceof Float32Array ? 'float32' : 'float64';
  const at = (index: number): number => recorded[index] ?? Number.NaN;
  const ulp = (index: number, actual: number): number => {
    const expected = at(index);
    if (Object.is(actual, expected)) return 0;
    if (!Number.isFinite(actual) || !Number.isFinite(expected)) return Infinity;
    if (actual === 0 && expected === 0) return Infinity;
    return Math.abs(actual - expected) / ulpOf(dtype, scale[index] ?? 0);
  };
  return {
    dtype,
    length: recorded.length,
    expected: at,
    accepts: (index, actual) => ulp(index, actual) <= bound,
    describe: (index) => `${at(index)} ± ${bound * ulpOf(dtype, scale[index] ?? 0)} (PyTorch's)`,
    ulp,
  };
}

/** Raises a scale to the magnitudes of finite numbers. */
export function raiseScale(scale: Float64Array, values: RealArray): void {
  for (const [index, value] of values.entries()) {
    if (Number.isFinite(value)) scale[index] = Math.max(scale[index] ?? 0, Math.abs(value));
  }
}

import { findNamed, isPlainObject } from '../containers.ts';
import { isFloat } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import { roundTo } from '../round.ts';
import { isTorchTensor, type TorchTensor } from '../tensor.ts';
import { loadPart } from './part.ts';

/** A mean, and how many tensors were copied from the first file. */
export interface Averaged {
  readonly value: unknown;
  readonly kept: number;
}

/** The weighted mean of checkpoints, in float64. One file is loaded at a time. @throws CheckpointError */
export async function average(
  files: readonly string[],
  weights: readonly number[],
  key: string | undefined,
): Promise<Averaged> {
  const [first = ''] = files;
  const value = await loadPart(first, key);
  checkModel(first, value);
  const tensors = tensorsIn(value);
  const floats = new Map([...tensors].filter(([, { dtype }]) => isFloat(dtype)));
  const sums = new Map([...floats].map(([name, { values }]) => [name, new Float64Array(values.length)]));
  for (const [index, file] of files.entries()) {
    const others = index === 0 ? tensors : tensorsIn(await loadPart(file, key));
    checkSame(first, tensors, file, others);
    for (const [name, sum] of sums) add(sum, others.get(name), weights[index] ?? 0);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const sum of sums.values()) for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? NaN) / total;
  replaceValues(floats, sums);
  return { value, kept: tensors.size - floats.size };
}

function tensorsIn(value: unknown): ReadonlyMap<string, TorchTensor> {
  return new Map(findNamed(value, isTorchTensor).map(({ name, found }) => [name, found]));
}

/** A mean of optimizer states would be meaningless. */
function checkModel(file: string, value: unknown): void {
  const isOptimizer = (found: unknown): found is object =>
    isPlainObject(found) && Object.hasOwn(found, 'param_groups');
  const [optimizer] = findNamed(value, isOptimizer);
  if (optimizer) {
    throw new CheckpointError(
      `${file} has the state of an optimizer${optimizer.name && ` at '${optimizer.name}'`}, which cannot be ` +
        `averaged: name the part to average, such as --key model.`,
    );
  }
}

function checkSame(
  first: string,
  expected: ReadonlyMap<string, TorchTensor>,
  file: string,
  found: ReadonlyMap<string, TorchTensor>,
): void {
  const describe = (tensor: TorchTensor | undefined): string =>
    tensor ? `${tensor.dtype}[${tensor.shape.join(', ')}]` : 'missing';
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    const [one, other] = [describe(expected.get(name)), describe(found.get(name))];
    if (one !== other) throw new CheckpointError(`'${name}' is ${one} in ${first}, but ${other} in ${file}.`);
  }
  if (expected.size === 0) throw new CheckpointError(`${first} has no tensors to average.`);
}

function add(sum: Float64Array, tensor: TorchTensor | undefined, weight: number): void {
  // 0 times infinity is NaN, but a weight of 0 should leave the value out.
  if (weight === 0 || tensor === undefined) return;
  const values = tensor.values as Float32Array | Float64Array;
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + weight * (values[i] ?? NaN);
}

/** In place, so that tensors that share memory still share it afterwards. */
function replaceValues(
  tensors: ReadonlyMap<string, TorchTensor>,
  means: ReadonlyMap<string, Float64Array>,
): void {
  const rounded = [...tensors].map(([name, { dtype, values }]) => ({
    name,
    values: values as Float32Array,
    mean: roundTo(dtype, means.get(name) ?? new Float64Array(0)) as Float32Array,
  }));
  for (const { values, mean } of rounded) values.set(mean);
  for (const { name, values, mean } of rounded) {
    if (values.some((value, i) => !Object.is(value, mean[i]))) {
      throw new CheckpointError(
        `'${name}' shares its values with another tensor in the first file, but not in others.`,
      );
    }
  }
}

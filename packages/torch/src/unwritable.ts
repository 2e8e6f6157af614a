import { isPlainObject } from './containers.ts';
import { isTorchDType, layoutOf } from './dtype.ts';
import { CheckpointError } from './errors.ts';
import { elementsIn, isTorchTensor } from './tensor.ts';

/** Whether something looks like a tensor but is not one, and would be written as a dictionary. */
export function isBrokenTensor(value: unknown): value is Record<'dtype' | 'shape' | 'values', unknown> {
  return (
    isPlainObject(value) &&
    ['dtype', 'shape', 'values'].every((key) => Object.hasOwn(value, key)) &&
    ArrayBuffer.isView(value['values']) &&
    !isTorchTensor(value)
  );
}

/** The error for a value that no checkpoint can hold. */
export function unwritable(value: unknown, name: string): CheckpointError {
  const where = name === '' ? 'The checkpoint' : `'${name}'`;
  if (isBrokenTensor(value)) {
    return new CheckpointError(`${where} is not a tensor: ${describeTensor(value)}.`);
  }
  const what = typeof value === 'object' ? `an object of class ${value?.constructor?.name}` : typeof value;
  return new CheckpointError(`${where} is ${what}, which a checkpoint cannot hold.${adviceFor(value)}`);
}

function describeTensor({ dtype, shape, values }: Record<'dtype' | 'shape' | 'values', unknown>): string {
  if (!isTorchDType(dtype)) {
    return `its dtype is ${String(dtype)}, which is unknown here`;
  }
  if (!Array.isArray(shape)) return 'its shape is not an array of integers';
  const { Values, lanes } = layoutOf(dtype);
  const { length } = values as Float32Array;
  return (
    `${dtype} of shape [${shape.join(', ')}] takes ${elementsIn(shape as number[]) * lanes} numbers in a ` +
    `${(Values as unknown as { name: string }).name}, but it has ${length} in a ${values?.constructor.name}`
  );
}

function adviceFor(value: unknown): string {
  if (ArrayBuffer.isView(value)) return ' Give a tensor, { dtype, shape, values }, or an array of numbers.';
  if (typeof value === 'object' && value !== null && 'dtype' in value) {
    return ' Read a tensor of a backend first, with saveParameters() or await tensor.read().';
  }
  return value === undefined ? ' Leave it out, or give null.' : '';
}

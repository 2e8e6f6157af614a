import { describe } from './describe.ts';
import { arrayType, type DType, layoutOf, type RealArray, type RealDType } from './dtype.ts';
import { ArgumentError, LengthError } from './errors.ts';

/** Values as an array of the dtype: the very array given when it is one already, else a rounded copy. */
export function toRealArray(values: ArrayLike<number>, dtype: RealDType): RealArray {
  const Values = arrayType(dtype);
  if (values instanceof Values) return values;
  if (!isNumeric(values)) throw new ArgumentError(describeMisfit(values));
  return Values.from(values);
}

function isNumeric(values: unknown): values is ArrayLike<number> {
  // findIndex looks into holes, which every() skips.
  if (Array.isArray(values)) return values.findIndex((value) => typeof value !== 'number') < 0;
  return ArrayBuffer.isView(values) && 'length' in values && typeof (values as Uint8Array)[0] !== 'bigint';
}

function describeMisfit(values: unknown): string {
  const expected = 'expected a flat array or typed array of numbers';
  if (!Array.isArray(values)) return `Values are ${describe(values)}: ${expected}.`;
  const index = values.findIndex((value) => typeof value !== 'number');
  const hint = Array.isArray(values[index]) ? '; describe the nesting with the option `shape`' : '';
  const found = index in values ? describe(values[index]) : 'missing';
  return `Value ${index} is ${found}: ${expected}${hint}.`;
}

/** A checked, frozen copy of a shape. */
export function checkShape(shape: readonly number[]): readonly number[] {
  if (!isShape(shape)) {
    throw new ArgumentError(
      `Shape is ${describe(shape)}: expected an array of integers >= 0, such as [2, 3].`,
    );
  }
  return Object.freeze([...shape]);
}

export function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.findIndex((size) => !Number.isSafeInteger(size) || size < 0) < 0;
}

/** How many elements a shape holds; a 0-d tensor holds one. */
export function sizeOf(shape: readonly number[]): number {
  // Exactly 0, however large the others are: their product may be infinite.
  return shape.includes(0) ? 0 : shape.reduce((size, extent) => size * extent, 1);
}

/** The shape that `reals` values of the dtype have: the one asked for, if it fits, or one dimension. */
export function fitShape(
  reals: number,
  dtype: DType,
  shape: readonly number[] = [reals / layoutOf(dtype).lanes],
): readonly number[] {
  const { lanes } = layoutOf(dtype);
  if (reals % lanes !== 0) {
    throw new LengthError(`${reals} values cannot be ${dtype}: each element is a pair, re and im.`);
  }
  const checked = checkShape(shape);
  const required = sizeOf(checked) * lanes;
  if (reals !== required) {
    throw new LengthError(
      `Shape [${checked.join(', ')}] of ${dtype} holds ${required} values, but ${reals} were given.`,
    );
  }
  return checked;
}

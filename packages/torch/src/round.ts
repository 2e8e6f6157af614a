import { isHalf, layoutOf, type TorchDType, type Values } from './dtype.ts';
import { narrow, toOdd, widen } from './half.ts';

/** Converts reals to the values of a float or complex dtype, rounding once, ties to even. */
export function roundTo(dtype: TorchDType, values: Float32Array | Float64Array): Values {
  if (isHalf(dtype)) return widen(narrow(toOdd(values), dtype), dtype);
  const { Values: Wanted } = layoutOf(dtype);
  if (values instanceof Wanted) return values;
  const rounded = new Wanted(values.length);
  (rounded as Float32Array).set(values);
  return rounded;
}

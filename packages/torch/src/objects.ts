import type { TorchDType } from './dtype.ts';

/** A complex number of Python. */
export class Complex {
  /** The real part. */
  readonly re: number;
  /** The imaginary part. */
  readonly im: number;

  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }
}

/** A dtype of PyTorch as a value: `torch.float16` in `{"dtype": torch.float16}`. */
export class DTypeObject {
  /** The dtype, without `torch.`. */
  readonly name: TorchDType;

  constructor(name: TorchDType) {
    this.name = name;
  }
}

/**
 * Where a dictionary keeps the attribute `_metadata` that PyTorch gives to a module's state dictionary: the versions
 * of its modules. It is not enumerable, so it does not appear in loops and copies.
 */
export const moduleVersions: unique symbol = Symbol('PyTorch: _metadata');

import type { Backend } from '@asgd/core';
import { plainBackend } from '../kernels.ts';

/** A factory, as a backend's package exports it. */
export function plain(): Backend {
  return plainBackend({ dtypes: ['float32'] });
}

/** A factory of a backend that fuses without declaring it. */
export function fusing(): Backend {
  return plainBackend({}, { fuses: 'gradient' });
}

/** A factory that always fails. */
export function absent(): never {
  throw new Error('no such device');
}

export const version = '1.0.0';

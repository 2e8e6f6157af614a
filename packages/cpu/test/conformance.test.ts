import { writeReport } from '@asgd/browser/reports';
import type { Subject } from '@asgd/conformance';
import { conformance } from '@asgd/conformance/vitest';
import { cpu } from '@asgd/cpu';
import { defineBackend, type RealArray } from '@asgd/core';
import { kernels } from '../src/kernels.ts';

// What can go wrong here is that JavaScript has no memory left: for a tensor, or for a copy of one. The kernels are then
// asked for an array that no engine makes, or given one that cannot be copied, and go through their own errors.

/** More than a typed array can have. */
const impossible = Number.MAX_SAFE_INTEGER;

/** The shared kernels, one operation of which fails. */
function failing<Name extends 'allocate' | 'read'>(
  name: Name,
  fail: (...given: Parameters<(typeof kernels)[Name]>) => ReturnType<(typeof kernels)[Name]>,
): (backend: unknown, nth: number) => void {
  const honest = kernels[name] as (...given: unknown[]) => unknown;
  return (_, nth) => {
    let left = nth;
    const counting = (...given: unknown[]): unknown => {
      if (--left > 0) return honest(...given);
      Object.assign(kernels, { [name]: honest });
      return (fail as (...all: unknown[]) => unknown)(...given);
    };
    Object.assign(kernels, { [name]: counting });
  };
}

const { allocate, read } = kernels;

const subject: Subject = {
  name: 'cpu',
  open() {
    Object.assign(kernels, { allocate, read }); // a failure that was asked for may not have come
    return cpu();
  },
  limitMemory(bytes) {
    let used = 0;
    const sizes = new Map<RealArray, number>();
    return defineBackend({
      ...kernels,
      allocate(dtype, length) {
        const size = length * (dtype === 'float32' ? 4 : 8);
        const array = allocate(dtype, used + size > bytes ? impossible : length);
        used += size;
        sizes.set(array, size);
        return array;
      },
      free(array) {
        used -= sizes.get(array) ?? 0;
        sizes.delete(array);
      },
    });
  },
  failNext: {
    allocate: failing('allocate', (dtype) => allocate(dtype, impossible)),
    read: failing('read', (storage) => {
      const unreadable = storage.subarray();
      Object.defineProperty(unreadable, 'slice', {
        value() {
          throw new RangeError('Array buffer allocation failed');
        },
      });
      return read(unreadable);
    }),
  },
};

conformance(subject, {
  thorough: true,
  onReport: (report) => writeReport('conformance', 'cpu', report),
});

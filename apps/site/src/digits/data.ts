import type { LinearData, Rows } from '../playground/linear-problem.ts';
import { layout } from './layout.ts';

/** The digits of the file that the build made. @throws Error if it has another length */
export function digitsData(bytes: Uint8Array): LinearData {
  const { side, classes, training, heldOut } = layout;
  const width = side ** 2;
  if (bytes.length !== (training + heldOut) * width) {
    throw new Error(
      `The file of digits has ${bytes.length} bytes; expected ${(training + heldOut) * width}.`,
    );
  }
  const rows = (from: number, count: number): Rows => ({
    features: Float32Array.from(bytes.subarray(from * width, (from + count) * width), (byte) => byte / 255),
    targets: Float32Array.from({ length: count }, (_, index) => (from + index) % classes),
  });
  return {
    training: rows(0, training),
    test: rows(training, heldOut),
    width,
    outputs: classes,
    about: {
      rows: 'digits of 14 × 14 pixels, from 0 to 1',
      classes: Array.from({ length: classes }, (_, digit) => String(digit)),
    },
  };
}

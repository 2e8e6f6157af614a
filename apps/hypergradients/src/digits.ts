import { createRequire } from 'node:module';

/** Images of 28 by 28 pixels from 0 to 1, one after another, each followed by a 1 for the bias. */
export interface Images {
  readonly pixels: Float32Array;
  readonly labels: Uint8Array;
}

export const features: number = 28 * 28 + 1;
export const classes = 10;

/** `count` handwritten digits, from the `start`-th of each class on; the classes take turns. */
export function loadDigits(start: number, count: number): Images {
  const require = createRequire(import.meta.url);
  const byClass = Array.from({ length: classes }, (_, digit) => {
    const { data } = require(`mnist/src/digits/${digit}.json`) as { data: readonly number[] };
    return data;
  });
  const pixels = new Float32Array(count * features);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; image++) {
    const label = image % classes;
    const from = (start + Math.floor(image / classes)) * (features - 1);
    labels[image] = label;
    pixels.set(byClass[label]?.slice(from, from + features - 1) ?? [], image * features);
    pixels[(image + 1) * features - 1] = 1;
  }
  return { pixels, labels };
}

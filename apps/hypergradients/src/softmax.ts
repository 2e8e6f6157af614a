import { classes, features, type Images } from './digits.ts';

// Multinomial logistic regression: the weights have `features` rows and `classes` columns; the loss is a mean over rows.

export interface LossAndGradient {
  readonly loss: number;
  readonly gradient: Float64Array;
}

export function lossAndGradient(
  weights: ArrayLike<number>,
  images: Images,
  start: number = 0,
  end: number = rowsIn(images),
): LossAndGradient {
  const gradient = new Float64Array(features * classes);
  let loss = 0;
  for (let row = start; row < end; row++) {
    const shares = softmax(scores(weights, images, row));
    const label = images.labels[row] ?? 0;
    loss -= Math.log(shares[label] ?? 0);
    shares[label] = (shares[label] ?? 0) - 1;
    addOuter(gradient, images, row, shares, 1 / (end - start));
  }
  return { loss: loss / (end - start), gradient };
}

/** The Hessian of the loss at `weights` times `direction`. */
export function hessianTimes(
  direction: ArrayLike<number>,
  weights: ArrayLike<number>,
  images: Images,
  start: number,
  end: number,
): Float64Array {
  const product = new Float64Array(features * classes);
  for (let row = start; row < end; row++) {
    const shares = softmax(scores(weights, images, row));
    const slopes = scores(direction, images, row);
    const mean = shares.reduce((sum, share, c) => sum + share * (slopes[c] ?? 0), 0);
    const change = shares.map((share, c) => share * ((slopes[c] ?? 0) - mean));
    addOuter(product, images, row, change, 1 / (end - start));
  }
  return product;
}

/** The share of images whose largest score is not that of their label. */
export function errorRate(weights: ArrayLike<number>, images: Images): number {
  const rows = rowsIn(images);
  let wrong = 0;
  for (let row = 0; row < rows; row++) {
    const all = scores(weights, images, row);
    if (all.indexOf(Math.max(...all)) !== images.labels[row]) wrong++;
  }
  return wrong / rows;
}

export function rowsIn({ labels }: Images): number {
  return labels.length;
}

function scores(weights: ArrayLike<number>, { pixels }: Images, row: number): Float64Array {
  const result = new Float64Array(classes);
  for (let f = 0; f < features; f++) {
    const pixel = pixels[row * features + f] ?? 0;
    if (pixel === 0) continue; // most of an image
    for (let c = 0; c < classes; c++) result[c] = (result[c] ?? 0) + pixel * (weights[f * classes + c] ?? 0);
  }
  return result;
}

function softmax(scored: Float64Array): Float64Array {
  const top = Math.max(...scored);
  const powers = scored.map((score) => Math.exp(score - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Adds `scale` times the product of a row's pixels and a number for each class. */
function addOuter(
  target: Float64Array,
  { pixels }: Images,
  row: number,
  byClass: Float64Array,
  scale: number,
): void {
  for (let f = 0; f < features; f++) {
    const pixel = (pixels[row * features + f] ?? 0) * scale;
    if (pixel === 0) continue;
    for (let c = 0; c < classes; c++) {
      target[f * classes + c] = (target[f * classes + c] ?? 0) + pixel * (byClass[c] ?? 0);
    }
  }
}

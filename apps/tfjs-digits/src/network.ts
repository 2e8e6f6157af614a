import * as tf from '@tensorflow/tfjs';
import { layout } from './digits-layout.ts';

/** One network for all backends: TensorFlow.js 4.22 has no gradient of a convolution on wasm. */
export function network(hiddenUnits = 32): tf.Sequential {
  const { dense } = tf.layers;
  return tf.sequential({
    layers: [
      dense({ inputShape: [layout.side ** 2], units: hiddenUnits, activation: 'relu' }),
      dense({ units: layout.classes, activation: 'softmax' }),
    ],
  });
}

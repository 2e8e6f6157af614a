import * as tf from '@tensorflow/tfjs';
import { layout } from './digits-layout.ts';

/** The page's network, the same on all backends: TensorFlow.js 4.22 has no gradient of a convolution on wasm. */
export function normalizedNetwork(): tf.Sequential {
  const { activation, batchNormalization, dense } = tf.layers;
  return tf.sequential({
    layers: [
      dense({ inputShape: [layout.side ** 2], units: 32 }),
      batchNormalization(),
      activation({ activation: 'relu' }),
      dense({ units: layout.classes, activation: 'softmax' }),
    ],
  });
}

/** The same without batch normalization: little but what an optimizer is measured by. */
export function plainNetwork(hiddenUnits: number): tf.Sequential {
  const { dense } = tf.layers;
  return tf.sequential({
    layers: [
      dense({ inputShape: [layout.side ** 2], units: hiddenUnits, activation: 'relu' }),
      dense({ units: layout.classes, activation: 'softmax' }),
    ],
  });
}

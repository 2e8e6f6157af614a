import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from '../contender.ts';
import { adam, tensorflow, type TensorFlowBackend } from './tensorflow.ts';

/** TensorFlow.js on WebGL, which only browsers have. */
export const onWebgl: TensorFlowBackend = {
  id: 'tensorflow-webgl',
  label: 'TensorFlow.js webgl',
  maxThreads: 1,
  backend: 'webgl',
  register: () => import('@tensorflow/tfjs-backend-webgl'),
  finish,
  movesLate: true,
  largest: { quick: 2 ** 20, thorough: 2 ** 20 },
};

export const tensorflowWebgl: Contender = tensorflow(onWebgl);

export const tensorflowWebglAdam: Contender = tensorflow(
  { ...onWebgl, id: 'tensorflow-webgl-adam', label: 'TensorFlow.js webgl, adam' },
  adam,
);

/** Reads a value. A browser does not wait for `gl.finish()`. */
async function finish(last: tf.Variable): Promise<void> {
  tf.tidy(() => tf.slice(last, 0, 1).dataSync());
}

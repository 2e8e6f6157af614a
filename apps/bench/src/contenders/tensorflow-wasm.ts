import type { Contender } from '../contender.ts';
import { tensorflow } from './tensorflow.ts';

/** TensorFlow.js in WebAssembly with SIMD; in Node it has one thread. */
export const tensorflowWasm: Contender = tensorflow({
  id: 'tensorflow-wasm',
  label: 'TensorFlow.js wasm',
  maxThreads: 1,
  backend: 'wasm',
  register: () => import('@tensorflow/tfjs-backend-wasm'),
  largest: { quick: 2 ** 24, thorough: 2 ** 26 },
});

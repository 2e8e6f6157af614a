import type { Contender } from '../contender.ts';
import { adam, tensorflow, type TensorFlowBackend } from './tensorflow.ts';

/** TensorFlow.js in WebAssembly with SIMD; in Node it has one thread. */
export const onWasm: TensorFlowBackend = {
  id: 'tensorflow-wasm',
  label: 'TensorFlow.js wasm',
  maxThreads: 1,
  backend: 'wasm',
  register: () => import('@tensorflow/tfjs-backend-wasm'),
  largest: { quick: 2 ** 24, thorough: 2 ** 26 },
};

export const tensorflowWasm: Contender = tensorflow(onWasm);

export const tensorflowWasmAdam: Contender = tensorflow(
  { ...onWasm, id: 'tensorflow-wasm-adam', label: 'TensorFlow.js wasm, adam' },
  adam,
);

import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';

export type BackendName = 'cpu' | 'wasm' | 'webgl';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
});

/** Makes TensorFlow.js work on a backend. @throws Error if the browser does not have it */
export async function useBackend(name: BackendName): Promise<void> {
  const started = await tf.setBackend(name).catch(() => false);
  if (!started) throw new Error(`TensorFlow.js cannot use ${name} in this browser: choose another backend.`);
}

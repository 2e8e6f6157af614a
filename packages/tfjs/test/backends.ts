import '@tensorflow/tfjs'; // the gradients of its operations
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** A backend of TensorFlow.js whose memory nobody can share: it keeps plain arrays, and what it reads is a copy. */
class Opaque extends MathBackendCPU {
  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    return super.write(
      dtype === 'float32' ? (Array.from(values as Float32Array) as never) : values,
      shape,
      dtype,
    );
  }
  override readSync(dataId: object): tf.backend_util.BackendValues {
    const values = super.readSync(dataId) as unknown;
    return Array.isArray(values) ? Float32Array.from(values as number[]) : (values as Float32Array);
  }
}

tf.env().set('PROD', true); // without its greeting
tf.registerBackend('opaque', () => new Opaque());
tf.copyRegisteredKernels('cpu', 'opaque');
setThreadsCount(1);

export type BackendName = 'cpu' | 'wasm' | 'opaque';

/** The backends of TensorFlow.js that run in Node, and how their tensors are reached. */
export const paths: readonly (readonly [name: BackendName, path: 'shared' | 'copied'])[] = [
  ['cpu', 'shared'],
  ['wasm', 'shared'],
  ['opaque', 'copied'],
];

/** Makes a backend of TensorFlow.js the current one. */
export async function use(name: BackendName): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start '${name}'.`);
  await tf.ready();
}

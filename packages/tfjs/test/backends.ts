import '@tensorflow/tfjs'; // the gradients of its operations
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { getThreadsCount, setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { inject } from 'vitest';

/** The builds of TensorFlow.js's wasm backend. A page can use one of them only, because its kernels are global. */
export type WasmBuild = 'plain' | 'SIMD' | 'SIMD with threads';

/** A backend of TensorFlow.js, and how its tensors are reached. */
export type BackendPath = readonly [
  name: 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'tensorflow' | 'opaque',
  path: 'shared' | 'copied',
];

declare module 'vitest' {
  interface ProvidedContext {
    readonly paths: readonly BackendPath[];
    readonly wasmBuild: WasmBuild;
    /** The folder of @tensorflow/tfjs-node, where its backend `tensorflow` is tested. */
    readonly binding?: string;
  }
}

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
// Small tensors go to the GPU, too.
tf.env().set('WEBGL_CPU_FORWARD', false);
tf.registerBackend('opaque', () => new Opaque());
tf.copyRegisteredKernels('cpu', 'opaque');

const binding = inject('binding');
if (binding !== undefined) {
  const { default: util } = (await import('node:util')) as unknown as { default: Record<string, unknown> };
  // Node has it no longer, from 23 on, and @tensorflow/tfjs-node 4.22 does not work without it.
  util['isNullOrUndefined'] ??= (value: unknown): boolean => value === null || value === undefined;
  await import(/* @vite-ignore */ `${binding}/dist/index.js`);
}

/** What this project of vitest.config.ts tests. */
export const paths: readonly BackendPath[] = inject('paths');
const build = inject('wasmBuild');
const threads = build === 'SIMD with threads' ? 2 : 1;
const binaries = {
  plain: 'tfjs-backend-wasm.wasm',
  SIMD: 'tfjs-backend-wasm-simd.wasm',
  'SIMD with threads': 'tfjs-backend-wasm-threaded-simd.wasm',
};
if (build === 'plain') tf.env().set('WASM_HAS_SIMD_SUPPORT', false);
setThreadsCount(threads);
if (threads > 1) {
  // TensorFlow.js uses half of the cores at most, and this machine may have two.
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 * threads });
}
if ('document' in globalThis) {
  const folder = new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url);
  // The other builds are not found, so that they cannot be tested by mistake.
  const urls = Object.values(binaries).map((name) => [
    name,
    name === binaries[build] ? new URL(name, folder).href : 'another-build.wasm',
  ]);
  setWasmPaths(Object.fromEntries(urls) as Record<string, string>);
}

/** Makes a backend of TensorFlow.js the current one. */
export async function use(name: BackendPath[0]): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start '${name}'.`);
  await tf.ready();
  if (name === 'wasm' && getThreadsCount() !== threads) {
    throw new Error(`TensorFlow.js's wasm uses ${getThreadsCount()} threads: expected ${threads}.`);
  }
}

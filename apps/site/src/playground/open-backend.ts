import type { Backend } from '@asgd/core';
import type { BackendName } from '../best-backend.ts';

const factories: Readonly<Record<BackendName, () => Promise<Backend>>> = {
  cpu: async () => (await import('@asgd/cpu')).cpu(),
  wasm: async () => (await import('@asgd/wasm')).wasm(),
  webgpu: async () => (await import('@asgd/webgpu')).webgpu(),
};

/** Loads a backend's package and opens it. */
export const openBackend = (name: BackendName): Promise<Backend> => factories[name]();

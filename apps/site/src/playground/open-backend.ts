import type { Backend } from '@asgd/core';
import type { BackendName } from '../best-backend.ts';

/** Loads a backend's package and opens it. */
export async function openBackend(name: BackendName): Promise<Backend> {
  switch (name) {
    case 'cpu':
      return (await import('@asgd/cpu')).cpu();
    case 'wasm':
      return (await import('@asgd/wasm')).wasm();
    case 'webgpu':
      return (await import('@asgd/webgpu')).webgpu();
  }
}

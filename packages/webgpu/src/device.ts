import { UnsupportedError } from '@asgd/core';

/**
 * Dawn, for Node, once it is in use. All that comes from it dies with it, and the process as well, so it is kept for
 * good.
 */
let dawn: GPU | undefined;

/** A device of our own, with the adapter's limits for buffers. @throws UnsupportedError */
export async function openDevice(): Promise<GPUDevice> {
  const gpu = await findGPU();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new UnsupportedError(
      'WebGPU has no adapter here: there is no GPU that it can use, or no driver for it (on Linux: Vulkan). ' +
        'Use @asgd/wasm or @asgd/cpu, or install a driver; SwiftShader is one in software.',
    );
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  try {
    return await adapter.requestDevice({
      label: 'asgd',
      requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
    });
  } catch (cause) {
    throw new UnsupportedError(`The WebGPU adapter gave no device: ${String(cause)}`, { cause });
  }
}

async function findGPU(): Promise<GPU> {
  // The types promise it, but older browsers, insecure pages and Node have none.
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  return navigator?.gpu ?? dawn ?? (dawn = await loadDawn());
}

async function loadDawn(): Promise<GPU> {
  const { process } = globalThis as { process?: { versions?: { node?: string; bun?: string } } };
  const isNode = process?.versions?.node !== undefined && process.versions.bun === undefined;
  if (!isNode) {
    throw new UnsupportedError(
      'There is no WebGPU here (navigator.gpu is missing): use a browser that has it, over https or on localhost, ' +
        'or another backend, such as @asgd/wasm.',
    );
  }
  try {
    // Not written out, so that bundlers for browsers do not look for it.
    const name = 'webgpu';
    const { create } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
      create(options: readonly string[]): GPU;
    };
    return create([]);
  } catch (cause) {
    throw new UnsupportedError(
      `Node has no WebGPU of its own, and the package 'webgpu', which brings it, could not be loaded: ` +
        `npm install webgpu@0.6. (${cause instanceof Error ? cause.message : String(cause)})`,
      { cause },
    );
  }
}

import { UnsupportedError } from '@asgd/core';

/**
 * Dawn, which is WebGPU for Node. It is kept for good: if it were collected, everything that comes from it would break,
 * and the process would crash.
 */
let dawn: GPU | undefined;

/** A device of our own, with the adapter's limits for buffers. @throws UnsupportedError */
export async function openDevice(): Promise<GPUDevice> {
  const gpu = await findGPU();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new UnsupportedError(
      'WebGPU found no adapter: there is no GPU, or no driver for it (on Linux: Vulkan). Install a driver, or use @asgd/wasm.',
    );
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  const device = await adapter.requestDevice({ requiredLimits });
  destroyAtExit(device);
  return device;
}

/** The devices opened here that are not destroyed yet. */
const alive = new Set<WeakRef<GPUDevice>>();

/**
 * Dawn crashes if the process ends by `process.exit()` or an uncaught error while Dawn's threads still work. One process
 * in five crashed, and with some sizes most did. Destroying the device waits for its work.
 */
function destroyAtExit(device: GPUDevice): void {
  const { process } = globalThis as { process?: { once?(event: 'exit', listener: () => void): void } };
  if (typeof process?.once !== 'function') return;
  if (!isWaitingForExit) {
    isWaitingForExit = true;
    process.once('exit', () => {
      for (const reference of alive) reference.deref()?.destroy();
    });
  }
  const reference = new WeakRef(device);
  alive.add(reference);
  void device.lost.then(() => alive.delete(reference));
}

let isWaitingForExit = false;

async function findGPU(): Promise<GPU> {
  // The types promise it, but older browsers, insecure pages and Node do not have it.
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  return navigator?.gpu ?? dawn ?? (dawn = await loadDawn());
}

async function loadDawn(): Promise<GPU> {
  const { process } = globalThis as { process?: { versions?: { node?: string; bun?: string } } };
  const versions = process?.versions;
  if (!versions?.node || versions.bun) {
    throw new UnsupportedError(
      'There is no WebGPU here (navigator.gpu is missing): use a browser that has it, over https, or use @asgd/wasm.',
    );
  }
  try {
    return (await importUnseen('webgpu')).create([]);
  } catch (cause) {
    throw new UnsupportedError(
      `Node gets WebGPU from the package 'webgpu', which did not load (${String(cause)}): npm install webgpu@0.6`,
      { cause },
    );
  }
}

interface Dawn {
  create(options: readonly string[]): GPU;
}

/**
 * Bundlers look for a package whose name they can work out, even from a constant, and fail where it is not installed.
 * The name of a parameter they do not know, and leave the import as it is.
 */
async function importUnseen(name: string): Promise<Dawn> {
  return import(
    /* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ name
  ) as Promise<Dawn>;
}

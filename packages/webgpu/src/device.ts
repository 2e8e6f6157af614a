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
      'WebGPU has no adapter here: no GPU, or no driver for it (on Linux: Vulkan). Install one, or use @asgd/wasm.',
    );
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  const device = await adapter.requestDevice({ requiredLimits });
  destroyAtExit(device);
  return device;
}

/** Devices of ours that nobody has destroyed yet. */
const alive = new Set<WeakRef<GPUDevice>>();

/**
 * Dawn crashes in a process that ends by `process.exit()` or by an error while its threads still work: one in five or,
 * with some sizes, most did. Destroying a device waits for its work.
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
  // The types promise it, but older browsers, insecure pages and Node have none.
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  return navigator?.gpu ?? dawn ?? (dawn = await loadDawn());
}

async function loadDawn(): Promise<GPU> {
  const { process } = globalThis as { process?: { versions?: { node?: string; bun?: string } } };
  const versions = process?.versions;
  if (!versions?.node || versions.bun) {
    throw new UnsupportedError(
      'There is no WebGPU here (no navigator.gpu): use a browser that has it, over https, or use @asgd/wasm.',
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
      `Node has WebGPU from the package 'webgpu', which could not be loaded: npm install webgpu@0.6 (${String(cause)}).`,
      { cause },
    );
  }
}

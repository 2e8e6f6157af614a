import type { Probe } from './contender.ts';

/** Where contenders find WebGPU: a browser has it, Node gets it from the package `webgpu`. */
export interface WebGPUHost {
  /** @throws Error where there is none */
  gpu(): GPU;
  /** @throws Error when there is none */
  findAdapter(): Promise<Adapter>;
  /** Does what wants to be done in a browser, and does nothing elsewhere. */
  asBrowser<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** What WebGPU computes on. */
export interface Adapter {
  readonly name: string;
  /** Whether it is the processor that does a GPU's work. */
  readonly isSoftware: boolean;
  /** Whether it tells how long a pass took it: the feature `timestamp-query`. */
  readonly hasClock: boolean;
}

/** What an adapter says of itself. */
export interface AdapterInfo extends Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'description'> {
  readonly isFallbackAdapter: boolean;
  readonly features: readonly string[];
}

export function describeAdapter({ isFallbackAdapter, features, ...info }: AdapterInfo): Adapter {
  const { vendor, architecture, description } = info;
  const name = [vendor, architecture, description].filter((part) => part !== '').join(' ');
  return {
    name,
    isSoftware: isFallbackAdapter || /swiftshader|llvmpipe/i.test(name),
    hasClock: features.includes('timestamp-query'),
  };
}

/** A device with the adapter's limits for buffers, as @asgd/webgpu asks for. */
export async function openDevice(
  host: WebGPUHost,
  requiredFeatures: GPUFeatureName[] = [],
): Promise<{ readonly device: GPUDevice; readonly info: GPUAdapterInfo }> {
  const adapter = await host.gpu().requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('WebGPU found no adapter.');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  return { device: await adapter.requestDevice({ requiredFeatures, requiredLimits }), info: adapter.info };
}

/** A version, with the adapter it is measured on. */
export async function probeAdapter(host: WebGPUHost, version: string): Promise<Probe> {
  try {
    const { name, isSoftware } = await host.findAdapter();
    return { available: true, version: `${version} on ${name}${isSoftware ? ' (software)' : ''}` };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The same for who is timed by the adapter's own clock. */
export async function probeClock(host: WebGPUHost, version: string): Promise<Probe> {
  const probe = await probeAdapter(host, version);
  if (!probe.available) return probe;
  const { name, hasClock } = await host.findAdapter();
  if (hasClock) return probe;
  return { available: false, reason: `${name} does not tell its own time: it lacks timestamp-query` };
}

export const backendNames = ['cpu', 'wasm', 'webgpu'] as const;
export type BackendName = (typeof backendNames)[number];

/** A backend, and why this browser can or cannot run it. */
export interface Availability {
  readonly name: BackendName;
  readonly runs: boolean;
  /** Whether a GPU is only emulated, by the processor. */
  readonly isEmulated?: boolean;
  readonly why: string;
}

/** A module of one function with one SIMD instruction: engines without SIMD refuse it. */
const simd = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);

/** What this browser can run, from the plainest backend to the fastest. Loads none of them. */
export async function availability(): Promise<readonly Availability[]> {
  return [
    { name: 'cpu', runs: true, why: 'Plain JavaScript runs in every browser.' },
    wasmAvailability(),
    await webgpuAvailability(),
  ];
}

/** The backend to recommend: that of a real GPU, else WebAssembly, else plain JavaScript. */
export function best(all: readonly Availability[]): Availability {
  const runs = all.filter((one) => one.runs && one.isEmulated !== true);
  return runs.at(-1) ?? { name: 'cpu', runs: true, why: 'Plain JavaScript runs in every browser.' };
}

function wasmAvailability(): Availability {
  const name = 'wasm';
  if (typeof WebAssembly === 'undefined') {
    return { name, runs: false, why: 'This browser has no WebAssembly.' };
  }
  return WebAssembly.validate(simd)
    ? { name, runs: true, why: 'This browser has WebAssembly with SIMD.' }
    : { name, runs: false, why: 'The WebAssembly of this browser has no SIMD.' };
}

async function webgpuAvailability(): Promise<Availability> {
  const name = 'webgpu';
  // Absent in older browsers, and on pages that are not served safely.
  const gpu = (globalThis.navigator as Partial<Navigator>).gpu;
  if (!gpu) return { name, runs: false, why: 'This browser has no WebGPU.' };
  try {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return { name, runs: false, why: 'This browser has WebGPU, but no GPU for it.' };
    const { vendor, architecture } = adapter.info;
    if (/swiftshader|llvmpipe|basic render/i.test(`${vendor} ${architecture} ${adapter.info.description}`)) {
      return { name, runs: true, isEmulated: true, why: 'This browser has WebGPU, on a GPU in software.' };
    }
    const words = [vendor, architecture].filter((word) => word !== '').join(' ');
    return { name, runs: true, why: `This browser has WebGPU${words === '' ? '' : `, on ${words}`}.` };
  } catch (error) {
    return { name, runs: false, why: `WebGPU does not work here: ${String(error)}` };
  }
}

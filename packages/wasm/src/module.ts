import { ArgumentError, UnsupportedError } from '@asgd/core';
import { hex, limits } from './kernels.generated.ts';

/** Updates the bytes [from, to) of a line of tensors, described at the address `batch` (assembly/index.ts). */
export type Run = (batch: number, from: number, to: number) => void;

/** The functions of assembly/index.ts. */
export interface KernelExports {
  readonly run: Run;
  /** Sets what the following updates have in common. */
  readonly setUp: (
    width: number,
    averaging: number,
    size: number,
    decay: number,
    eta: number,
    mu: number,
    weightDecay: number,
    sign: number,
  ) => void;
  /** Updates the bytes [from, to) of one tensor. */
  readonly updateTensor: (
    parameter: number,
    gradient: number,
    average: number,
    from: number,
    to: number,
  ) => void;
}

/**
 * "A memory of any length, not shared": flags 0, and a minimum of 0, padded to the four bytes that the limits of shared
 * memory take, so that nothing else in the module moves.
 */
const UNSHARED_LIMITS = [0x00, 0x80, 0x80, 0x80, 0x00];

const compiled = new Map<boolean, WebAssembly.Module>();

/** The kernels, compiled for shared memory or for memory that is not shared. The two differ in five bytes. */
export async function compileKernels(isShared: boolean): Promise<WebAssembly.Module> {
  const module = compiled.get(isShared) ?? (await compile(isShared));
  compiled.set(isShared, module);
  return module;
}

async function compile(isShared: boolean): Promise<WebAssembly.Module> {
  const code = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  if (!isShared) code.set(UNSHARED_LIMITS, limits);
  try {
    return await WebAssembly.compile(code);
  } catch (cause) {
    throw new UnsupportedError(describeRefusal(code), { cause });
  }
}

/** The kernels over a memory. @throws ArgumentError when the memory is of another kind */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  try {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return exports as unknown as KernelExports; // assembly/index.ts
  } catch (cause) {
    throw new ArgumentError(
      'wasm() cannot use the memory it was given: expected 32-bit addresses and pages of 64 KiB.',
      { cause },
    );
  }
}

/** A page's policy does not stop validating. So it shows whether the engine lacks something or the page forbids it. */
function describeRefusal(code: BufferSource): string {
  return WebAssembly.validate(code)
    ? `This page's content security policy does not allow WebAssembly: add 'wasm-unsafe-eval' to its script-src, ` +
        `or use @asgd/cpu.`
    : 'This JavaScript engine lacks WebAssembly SIMD: update it, or use @asgd/cpu.';
}

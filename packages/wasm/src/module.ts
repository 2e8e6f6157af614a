import { ArgumentError, UnsupportedError } from '@asgd/core';
import { hex, limits } from './kernels.generated.ts';

/** Updates the bytes [from, to) of the line of tensors that a table describes (assembly/index.ts). */
export type Run = (table: number, from: number, to: number) => void;

/** assembly/index.ts says more. */
export interface KernelExports {
  readonly run: Run;
  /** Tells the kernels what the updates of tensors that follow have in common. */
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
 * "A memory of any length, not shared": flags 0, and a minimum of 0 spelt in the four bytes that the maximum of shared
 * memory took, so that nothing else in the module moves.
 */
const UNSHARED_LIMITS = [0x00, 0x80, 0x80, 0x80, 0x00];

const compiled = new Map<boolean, WebAssembly.Module>();

/** The kernels, compiled for memory that is shared or not: one module, but for the five bytes that say which. */
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

/** The kernels over a memory. @throws ArgumentError when they do not fit it */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  try {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return exports as unknown as KernelExports; // assembly/index.ts
  } catch (cause) {
    throw new ArgumentError(
      'The memory given to wasm() cannot be used: expected 32-bit addresses and pages of 64 KiB.',
      { cause },
    );
  }
}

/** Validating needs no permission, so it tells an engine that cannot from a page that may not. */
function describeRefusal(code: BufferSource): string {
  return WebAssembly.validate(code)
    ? `This page's content security policy does not allow WebAssembly: add 'wasm-unsafe-eval' to its script-src, ` +
        `or use @asgd/cpu.`
    : 'This JavaScript engine lacks WebAssembly SIMD: update it, or use @asgd/cpu.';
}

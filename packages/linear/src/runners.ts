import { UnsupportedError } from '@asgd/core/errors';
import type { CommonOptions } from './options.ts';
import type { Examples, Runner, Shape } from './runner.ts';
import type { fitsInWasm, WasmRunner } from './wasm-runner.ts';

interface Wasm {
  readonly module: WebAssembly.Module;
  readonly fits: typeof fitsInWasm;
  readonly Runner: typeof WasmRunner;
}

/**
 * What runs the kernels for a model and the rows to come. `'auto'` is WebAssembly unless the engine lacks it, the page
 * forbids it, or model and rows are larger than its memory can be. Its code is loaded when it is needed first.
 * @throws UnsupportedError, OutOfMemoryError
 */
export async function createRunner(
  kernels: CommonOptions['kernels'],
  shape: Shape,
  examples: Examples,
): Promise<Runner> {
  if (kernels === 'typescript') return createPlainRunner(shape);
  const wasm = await loadWasm().catch((cause: unknown) => {
    if (kernels === 'auto') return undefined;
    throw new UnsupportedError(
      `This JavaScript engine lacks WebAssembly, or the page's content security policy forbids it: add ` +
        `'wasm-unsafe-eval' to its script-src, or use kernels: 'auto'.`,
      { cause },
    );
  });
  const isUsable = wasm !== undefined && (kernels === 'wasm' || wasm.fits(shape, examples));
  return isUsable ? new wasm.Runner(wasm.module, shape) : createPlainRunner(shape);
}

async function createPlainRunner(shape: Shape): Promise<Runner> {
  const { PlainRunner } = await import('./plain-runner.ts');
  return new PlainRunner(shape);
}

async function loadWasm(): Promise<Wasm> {
  const wasm = await import('./wasm-runner.ts');
  return { module: await wasm.compileKernels(), fits: wasm.fitsInWasm, Runner: wasm.WasmRunner };
}

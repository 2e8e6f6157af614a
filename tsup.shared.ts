import { defineConfig } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

/** ES modules for current engines, with declarations and source maps; dependencies stay outside. */
export function library(entry: string[]): Config {
  // Backends, tensors and optimizers are disposable. TypeScript knows what that is only if asked for it.
  const dts = { banner: '/// <reference lib="esnext.disposable" />' };
  return defineConfig({ entry, format: 'esm', target: 'es2023', dts, sourcemap: true, clean: true });
}

/** A program that is run, not imported. */
export function program(entry: string[]): Config {
  return defineConfig({ entry, format: 'esm', target: 'node22', sourcemap: true, clean: true });
}

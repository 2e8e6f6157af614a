import { defineConfig, type Options } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

type Plugins = NonNullable<Options['esbuildPlugins']>;

/** ES modules for current engines, with declarations and source maps; dependencies stay outside. */
export function library(entry: string[], esbuildPlugins: Plugins = []): Config {
  // Backends, tensors and optimizers are disposable. TypeScript knows what that is only if asked for it.
  const dts = { banner: '/// <reference lib="esnext.disposable" />' };
  const sources = { entry, esbuildPlugins };
  return defineConfig({ ...sources, format: 'esm', target: 'es2023', dts, sourcemap: true, clean: true });
}

/** A program that is run, not imported. */
export function program(entry: string[]): Config {
  return defineConfig({ entry, format: 'esm', target: 'node22', sourcemap: true, clean: true });
}

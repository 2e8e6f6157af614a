import { defineConfig } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

/** ES modules for current engines, with declarations and source maps; dependencies stay outside. */
export function library(entry: string[]): Config {
  return defineConfig({ entry, format: 'esm', target: 'es2023', dts: true, sourcemap: true, clean: true });
}

/** A program that is run, not imported. */
export function program(entry: string[]): Config {
  return defineConfig({ entry, format: 'esm', target: 'node22', sourcemap: true, clean: true });
}

import { defineConfig } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

/**
 * ES modules for current engines, with declarations and source maps; dependencies stay outside.
 * @param parts what gets files of its own too, without declarations
 */
export function library(entry: string[], parts: string[] = []): Config {
  // Backends, tensors and optimizers are disposable. TypeScript knows what that is only if asked for it.
  const banner = '/// <reference lib="esnext.disposable" />';
  const dts = parts.length > 0 ? { entry, banner } : { banner };
  return defineConfig({
    entry: [...entry, ...parts],
    format: 'esm',
    target: 'es2023',
    dts,
    sourcemap: true,
    clean: true,
  });
}

/** A program that is run, not imported. */
export function program(entry: string[]): Config {
  return defineConfig({ entry, format: 'esm', target: 'node22', sourcemap: true, clean: true });
}

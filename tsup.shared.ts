import { readFileSync } from 'node:fs';

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
  const define = { PACKAGE: JSON.stringify(packageId()) };
  return defineConfig({
    entry: [...entry, ...parts],
    format: 'esm',
    target: 'es2023',
    dts,
    define,
    sourcemap: true,
    clean: true,
  });
}

/** The package that is being built: tsup runs in its folder. */
function packageId(): string {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
  return `${name}@${version}`;
}

/** A program that is run, not imported. */
export function program(entry: string[]): Config {
  return defineConfig({ entry, format: 'esm', target: 'node22', sourcemap: true, clean: true });
}

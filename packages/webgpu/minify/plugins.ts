// The minifier where sources are read: by tsup for what is published, by Vitest for tests of the same.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'tsup';
import type { Plugin } from 'vitest/config';
import { wgslMinifier } from './wgsl.ts';

function minifier(folder: string): (source: string) => string {
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return wgslMinifier(files);
}

/** @param folder the package's sources */
export function forTsup(folder: string): NonNullable<Options['esbuildPlugins']>[number] {
  return {
    name: 'minify WGSL',
    setup(build) {
      const minify = minifier(folder);
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
        contents: minify(readFileSync(path, 'utf8')),
        loader: 'ts',
      }));
    },
  };
}

/** @param folder the package's sources */
export function forVitest(folder: string): Plugin {
  const minify = minifier(folder);
  return {
    name: 'minify WGSL',
    enforce: 'pre',
    transform: (code, id) => (id.startsWith(folder) ? minify(code) : undefined),
  };
}

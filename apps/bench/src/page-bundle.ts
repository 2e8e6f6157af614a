import { extname, join } from 'node:path';
import { build } from 'esbuild';
import { packageFolder } from './package-folder.ts';

/** From source to source: packages that are not built yet are found by this condition. */
const conditions = extname(import.meta.url) === '.ts' ? ['@asgd/source', 'module'] : ['module'];

let bundle: Promise<Uint8Array> | undefined;

/** What pages load, in one module. It is of what this process runs: of source, or of what was built from it. */
export function bundlePage(): Promise<Uint8Array> {
  bundle ??= makeBundle();
  return bundle;
}

async function makeBundle(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(packageFolder(), 'src', 'page', 'contenders.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    conditions: [...conditions],
    logLevel: 'error',
  });
  const [module] = outputFiles;
  if (!module) throw new Error('esbuild made nothing of the page.');
  return module.contents;
}

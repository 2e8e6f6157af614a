import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { build as buildWithEsbuild } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expected, install, type Installation } from './installation.ts';
import { bundleWithWebpack } from './webpack.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await install();
});
afterAll(() => installation.remove());

/** Runs a program, which has to end by itself, and reads what it prints. */
async function run(signal: AbortSignal, command: string, ...parameters: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(command, parameters, {
    cwd: installation.folder,
    signal,
  });
  return JSON.parse(stdout);
}

describe('as it is installed, two threads work', () => {
  test('in Node', async ({ signal }) => {
    expect(await run(signal, process.execPath, 'console.mjs')).toStrictEqual(expected(2));
  });

  test('in Deno', async ({ signal }) => {
    const deno = createRequire(import.meta.url).resolve('deno/bin.cjs');
    expect(await run(signal, process.execPath, deno, 'run', '--allow-all', 'console.mjs')).toStrictEqual(
      expected(2),
    );
  });
});

describe('bundled for Node, two threads work', () => {
  test('with esbuild', async ({ signal }) => {
    await buildWithEsbuild({
      entryPoints: [installation.path('console.mjs')],
      outfile: installation.path('esbuild.mjs'),
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    expect(await run(signal, process.execPath, 'esbuild.mjs')).toStrictEqual(expected(2));
  });

  test('with webpack', async ({ signal }) => {
    const { folder } = installation;
    await bundleWithWebpack({ folder, entry: './console.mjs', target: 'node', output: 'webpack.cjs' });
    expect(await run(signal, process.execPath, 'webpack.cjs')).toStrictEqual(expected(2));
  });
});

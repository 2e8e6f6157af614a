import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launch, openPage } from '@asgd/browser';
import { build as buildWithEsbuild } from 'esbuild';
import { build as buildWithVite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expected, install, type Installation } from './installation.ts';
import { bundleWithWebpack } from './webpack.ts';

type Browser = Awaited<ReturnType<typeof launch>>;
type Files = Readonly<Record<string, string>>;

let browser: Browser;
let installation: Installation;
beforeAll(async () => {
  [browser, installation] = await Promise.all([launch(), install()]);
});
afterAll(async () => {
  await browser?.close();
  await installation?.remove();
});

/** A page that runs a module script, under a content security policy if one is given. */
function pageOf(script: string, policy?: string, head = ''): string {
  const meta = policy === undefined ? '' : `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  return `<!doctype html>${meta}${head}<script type="module" src="${script}"></script>`;
}

interface Visit {
  readonly files: Files;
  readonly isolated: boolean;
}

/** Opens `/page.html` and returns its report, or the code and the message of its error. */
async function visit({ files, isolated }: Visit): Promise<unknown> {
  const page = await openPage(browser, { files, isolated });
  try {
    await page.goto(new URL('/page.html', page.url()).href);
    await page.waitForFunction('window.report');
    return await page.evaluate(
      'report().catch(({ code, message }) => ({ code, message }))', // as text, since the page runs it
    );
  } finally {
    await page.close();
  }
}

async function bundle(): Promise<string> {
  const { outputFiles } = await buildWithEsbuild({
    entryPoints: [installation.path('page.js')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

const read = (...names: string[]): Promise<string> => readFile(installation.path(...names), 'utf8');

describe('in an isolated page, two threads work', () => {
  const isolated = true;

  test('unbundled', async () => {
    const imports = { '@asgd/core': '/core.js', '@asgd/wasm': '/wasm.js' };
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    const files = {
      '/page.html': pageOf('/page.js', undefined, map),
      '/page.js': await read('page.js'),
      '/library.js': await read('library.js'),
      '/core.js': await read('node_modules', '@asgd', 'core', 'dist', 'index.js'),
      '/wasm.js': await read('node_modules', '@asgd', 'wasm', 'dist', 'index.js'),
    };
    expect(await visit({ files, isolated })).toStrictEqual(expected(2));
  });

  test('bundled with esbuild', async () => {
    const files = { '/page.html': pageOf('/bundle.js'), '/bundle.js': await bundle() };
    expect(await visit({ files, isolated })).toStrictEqual(expected(2));
  });

  test('bundled with webpack', async () => {
    const { folder } = installation;
    await bundleWithWebpack({ folder, entry: './page.js', target: 'web', output: 'bundle.js' });
    const files = { '/page.html': pageOf('/bundle.js'), '/bundle.js': await read('bundle.js') };
    expect(await visit({ files, isolated })).toStrictEqual(expected(2));
  });

  test('bundled with Vite', async () => {
    const { folder } = installation;
    await buildWithVite({
      root: folder,
      configFile: false,
      logLevel: 'error',
      build: { outDir: 'vite', rolldownOptions: { input: installation.path('page.js') } },
    });
    const assets = join('vite', 'assets');
    const [name = ''] = await readdir(installation.path(assets));
    const files = { '/page.html': pageOf('/bundle.js'), '/bundle.js': await read(assets, name) };
    expect(await visit({ files, isolated })).toStrictEqual(expected(2));
  });
});

describe('a page', () => {
  test('that is not isolated has one thread', async () => {
    const files = { '/page.html': pageOf('/bundle.js'), '/bundle.js': await bundle() };
    const threadsReason: unknown = expect.stringMatching(
      /not cross-origin isolated.*Cross-Origin-Opener-Policy/,
    );
    expect(await visit({ files, isolated: false })).toStrictEqual({ ...expected(1), threadsReason });
  });

  test('whose policy allows no workers made from text has one thread', async () => {
    const policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    const files = { '/page.html': pageOf('/bundle.js', policy), '/bundle.js': await bundle() };
    const threadsReason: unknown = expect.stringContaining('worker-src blob:');
    expect(await visit({ files, isolated: true })).toStrictEqual({ ...expected(1), threadsReason });
  });

  test('whose policy allows WebAssembly and such workers has its threads', async () => {
    const policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:";
    const files = { '/page.html': pageOf('/bundle.js', policy), '/bundle.js': await bundle() };
    expect(await visit({ files, isolated: true })).toStrictEqual(expected(2));
  });

  const workers =
    "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; require-trusted-types-for 'script'";

  test.each([workers, `${workers}; trusted-types page asgd-wasm`])(
    'with Trusted Types has its threads: %s',
    async (policy) => {
      const files = { '/page.html': pageOf('/bundle.js', policy), '/bundle.js': await bundle() };
      expect(await visit({ files, isolated: true })).toStrictEqual(expected(2));
    },
  );

  test('whose Trusted Types leave out asgd-wasm has one thread, and the reason', async () => {
    const policy = `${workers}; trusted-types page`;
    const files = { '/page.html': pageOf('/bundle.js', policy), '/bundle.js': await bundle() };
    const threadsReason: unknown = expect.stringMatching(/TrustedScriptURL.*asgd-wasm/);
    expect(await visit({ files, isolated: true })).toStrictEqual({ ...expected(1), threadsReason });
  });

  test('whose policy forbids WebAssembly gets an error that says so', async () => {
    const files = { '/page.html': pageOf('/bundle.js', "script-src 'self'"), '/bundle.js': await bundle() };
    const { code, message } = (await visit({ files, isolated: true })) as Readonly<Record<string, string>>;
    expect(code).toBe('UNSUPPORTED');
    expect(message).toContain("add 'wasm-unsafe-eval' to its script-src");
  });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import type { Browser, Page } from 'playwright';

export interface PageOptions {
  /** Whether the page is cross-origin isolated, as threads and SharedArrayBuffer require. Default false. */
  readonly isolated?: boolean;
  /** What the page's server has, by path: `{ '/kernel.js': source }`. An empty page is at `/`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Opens a page of a server of its own on this machine, which ends with the page. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<Page> {
  const server = serve(options);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const page = await browser.newPage();
  page.setDefaultTimeout(0); // how long a page takes is for the caller to limit
  page.once('close', () => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // not a pipe
  await page.goto(`http://127.0.0.1:${port}/`);
  return page;
}

function serve({ isolated = false, files = {} }: PageOptions): Server {
  const content = { '/': '<!doctype html><title>asgd</title>', ...files };
  return createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://page').pathname as keyof typeof content;
    const headers = isolated ? isolation : {};
    if (!Object.hasOwn(content, path)) {
      response.writeHead(404, headers).end();
      return;
    }
    const type = types[extname(path) || '.html'] ?? 'application/octet-stream';
    response.writeHead(200, { ...headers, 'Content-Type': type }).end(content[path]);
  });
}

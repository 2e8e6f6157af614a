import { once } from 'node:events';
import { createReadStream, realpathSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';
import { pageHtml } from './page-html.ts';
import { type PagePackage, importsOf } from './page-packages.ts';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const headers = {
  // So that the page has threads.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  // What is edited is there when the page is loaded again.
  'Cache-Control': 'no-cache',
};

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Where the command runs: modules are files of this folder. */
  readonly directory: string;
  readonly packages: readonly PagePackage[];
  /** 0 for one that is free. */
  readonly port: number;
}

/** Serves the page to this machine alone. @throws Error if the port is taken */
export async function servePage({ directory, packages, port }: ServeOptions): Promise<PageServer> {
  const folders = new Map(packages.map(({ name, folder }) => [name, folder]));
  const page = pageHtml({
    imports: importsOf(packages, (name) => `/packages/${name}`),
    program: '/packages/@asgd/conformance/dist/page-main.js',
    modules: '/files/',
  });
  const root = realpathSync(directory);
  const fileAt = (path: string): string | undefined => {
    const [, kind, rest = ''] = /^\/(files|packages)\/(.*)$/s.exec(path) ?? [];
    if (kind === 'files') return inside(root, rest);
    if (kind !== 'packages') return undefined;
    const [, name = '', file = ''] = /^((?:@[^/]+\/)?[^/]+)\/(.*)$/s.exec(rest) ?? [];
    const folder = folders.get(name);
    return folder === undefined ? undefined : inside(folder, file);
  };
  const server = createServer((request, response) => {
    const path = pathOf(request);
    if (!isOurs(request)) {
      answer(response, 403, 'This page is for this machine alone.');
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'There is nothing to change.');
    } else if (path === '/') {
      answer(response, 200, page, 'text/html');
    } else {
      send(response, path === undefined ? undefined : fileAt(path));
    }
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const { port: given } = server.address() as AddressInfo; // not a pipe
  return {
    url: `http://127.0.0.1:${given}/`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Another site's name may lead to this machine, and its pages would then read these files. */
function isOurs({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}

function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(new URL(url, 'http://page').pathname);
  } catch {
    return undefined;
  }
}

/** A file inside of a folder, also when links lead out of it and back; none whose name starts with a dot. */
function inside(folder: string, path: string): string | undefined {
  if (path.split(/[/\\]/).some((name) => name.startsWith('.')) || path.includes('\0')) return undefined;
  try {
    const file = realpathSync(join(folder, path));
    return file.startsWith(folder + sep) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined; // there is none
  }
}

function send(response: ServerResponse, file: string | undefined): void {
  const type = file === undefined ? undefined : types[extname(file)];
  if (file === undefined || type === undefined) {
    answer(response, 404, 'There is no such module.');
    return;
  }
  const stream = createReadStream(file);
  stream.once('error', () => response.destroy());
  response.writeHead(200, { ...headers, 'Content-Type': `${type}; charset=utf-8` });
  stream.pipe(response);
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { ...headers, 'Content-Type': `${type}; charset=utf-8` }).end(text);
}

import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface ServeOptions {
  /** The folder with the files. */
  readonly folder: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Whether pages are cross-origin isolated, as threads require. Default false, as on most hosts. */
  readonly isolated?: boolean;
  /** What the files were built for: `/` or such as `/asgd/`. */
  readonly base?: string;
}

const types: Readonly<Record<string, string>> = {
  '.bin': 'application/octet-stream',
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Serves a folder of static files on this machine, compressed, as a host would. */
export async function serve({ folder, port = 0, isolated = false, base = '/' }: ServeOptions): Promise<{
  readonly url: string;
  close(): void;
}> {
  const headers: Record<string, string> = isolated
    ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    : {};
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname } = new URL(request.url ?? '/', 'http://site');
      const file = fileFor(folder, base, decodeURIComponent(pathname));
      const found = file ?? join(folder, '404.html');
      const content = gzipSync(await readFile(found));
      response
        .writeHead(file === undefined ? 404 : 200, {
          ...headers,
          'Content-Type': types[extname(found)] ?? 'application/octet-stream',
          'Content-Encoding': 'gzip',
        })
        .end(content);
    })();
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const { port: actual } = server.address() as AddressInfo; // not a pipe
  return {
    url: `http://127.0.0.1:${actual}${base}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The file behind a path, `undefined` if there is none in the folder. */
function fileFor(folder: string, base: string, path: string): string | undefined {
  if (!path.startsWith(base)) return undefined;
  const file = normalize(join(folder, path.slice(base.length)));
  if (!file.startsWith(folder)) return undefined;
  const index = path.endsWith('/') ? join(file, 'index.html') : file;
  return existsSync(index) && statSync(index).isFile() ? index : undefined;
}

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A site on this machine, for a browser to visit. */
export interface Site extends AsyncDisposable {
  readonly url: string;
}

/** What makes a page cross-origin isolated, so that it has threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
};

/** Serves the files of a folder. */
export async function serveFolder(folder: string, isIsolated: boolean): Promise<Site> {
  return listen(
    createServer((incoming, response) => {
      const { pathname } = new URL(incoming.url ?? '/', 'http://site');
      const path = join(folder, pathname === '/' ? 'index.html' : decodeURIComponent(pathname));
      const type = types[extname(path)] ?? 'application/octet-stream';
      const file = createReadStream(path);
      file.once('error', () => response.writeHead(404).end());
      file.once('open', () => {
        response.writeHead(200, { 'Content-Type': type, ...(isIsolated ? isolation : {}) });
        void pipeline(file, response).catch(() => response.destroy());
      });
    }),
  );
}

/** Passes requests on to a server on this machine, and adds the headers for isolation to what it answers. */
export async function serveAs(port: number, isIsolated: boolean): Promise<Site> {
  const forward: RequestListener = (incoming, response) => {
    const { method, url, headers } = incoming;
    const target = {
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers: { ...headers, host: `localhost:${port}` },
    };
    const outgoing = request(target, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...(isIsolated ? isolation : {}) });
      void pipeline(answer, response).catch(() => response.destroy());
    });
    outgoing.once('error', () => response.destroy());
    incoming.pipe(outgoing);
  };
  const server = createServer(forward);
  // Development servers tell their pages of changes through WebSockets.
  server.on('upgrade', ({ method, url, rawHeaders }, socket, head) => {
    const upstream = connect(port, '127.0.0.1', () => {
      const lines = rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
      );
      upstream.write(`${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  return listen(server);
}

async function listen(server: Server): Promise<Site> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // not a pipe
  return {
    url: `http://localhost:${port}/`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

// A package registry, in a process of its own: whoever runs npm waits for it, and could not answer meanwhile.
//
//   node registry-process.ts <storage folder> <the registry to ask for all other packages>

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { runServer } from 'verdaccio';

import { publishedPackages } from './packages.ts';

const [storage = '', upstream = ''] = process.argv.slice(2);
// They must not come from upstream, not even if somebody else has published one of that name.
const unscoped = publishedPackages()
  .map(({ name }) => name)
  .filter((name) => !name.startsWith('@'));
process.on('disconnect', () => process.exit());

const server = (await runServer({
  storage,
  self_path: storage,
  auth: { htpasswd: { file: join(storage, 'htpasswd') } },
  uplinks: {
    // What is asked for again within a run is not asked upstream; one failed request does not shut upstream off.
    upstream: { url: upstream, maxage: '1d', timeout: '60s', max_fails: 100, fail_timeout: '1s' },
  },
  packages: {
    '@asgd/*': { access: '$all', publish: '$all' },
    ...Object.fromEntries(unscoped.map((name) => [name, { access: '$all', publish: '$all' }])),
    '**': { access: '$all', proxy: 'upstream' },
  },
  web: { enable: false },
  log: { type: 'stdout', format: 'pretty', level: 'fatal' },
})) as Server;

server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});

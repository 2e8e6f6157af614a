import { execFile, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A package registry on loopback, with what is published to it, and with all else that npm's own registry has. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** For the environment of npm, pnpm and yarn, old and new: they install from here, and keep nothing elsewhere. */
  readonly environment: Readonly<Record<string, string>>;
  /** Uploads tarballs, or folders, with `npm publish`. */
  publish(tarballs: readonly string[]): Promise<void>;
}

/** It is empty, and everything in it is gone once it is disposed of. */
export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'asgd-registry-'));
  const server = fork(join(import.meta.dirname, 'registry-process.ts'), [folder, upstream()], {
    execArgv: ['--no-warnings'],
  });
  const ended = once(server, 'exit');
  const started = once(server, 'message') as Promise<[number]>;
  const port = await Promise.race([started.then(([listening]) => listening), ended]);
  if (typeof port !== 'number') {
    rmSync(folder, { recursive: true });
    throw new Error('The registry did not start: see what it printed above.');
  }

  const url = `http://127.0.0.1:${port}/`;
  const settings = join(folder, '.npmrc');
  // npm publishes to nobody without a name; this registry asks for none.
  writeFileSync(settings, `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\n`);
  const environment = {
    npm_config_userconfig: settings,
    npm_config_registry: url,
    npm_config_cache: join(folder, 'npm-cache'),
    pnpm_config_cache_dir: join(folder, 'pnpm-cache'),
    pnpm_config_store_dir: join(folder, 'pnpm-store'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    YARN_CACHE_FOLDER: join(folder, 'yarn-cache'),
    // It remembers the addresses of packages by the host's name alone.
    YARN_GLOBAL_FOLDER: join(folder, 'yarn-global'),
    YARN_NPM_REGISTRY_SERVER: url,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: '0',
  };
  return {
    url,
    environment,
    async publish(tarballs) {
      const options = { cwd: folder, env: { ...process.env, ...environment } };
      for (const tarball of tarballs) {
        await promisify(execFile)(
          'npm',
          ['publish', tarball, '--access=public', '--loglevel=error'],
          options,
        );
      }
    },
    async [Symbol.asyncDispose]() {
      server.disconnect();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** The registry that npm is set to. */
function upstream(): string {
  return execFileSync('npm', ['config', 'get', 'registry'], { cwd: tmpdir(), encoding: 'utf8' }).trim();
}

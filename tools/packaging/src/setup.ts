// Before the tests: everything that is published is packed and published to a registry on this machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

import { publishedPackages } from './packages.ts';
import { startRegistry } from './registry.ts';
import { pack } from './tarball.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** For programs that install packages: where the registry is. */
    environment: Readonly<Record<string, string>>;
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'asgd-tarballs-'));
  const registry = await startRegistry();
  await registry.publish(publishedPackages().map((ours) => pack(ours, folder)));
  rmSync(folder, { recursive: true });
  provide('environment', registry.environment);
  return async () => registry[Symbol.asyncDispose]();
}

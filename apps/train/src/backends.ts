import type { Backend } from '@asgd/core';
import { UserError } from './errors.ts';

/** The backends that `--backend` can name. Each is loaded when it is needed. */
const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  cpu: async () => (await import('@asgd/cpu')).cpu(),
  wasm: async () => (await import('@asgd/wasm')).wasm(),
  webgpu: async () => (await import('@asgd/webgpu')).webgpu(),
};

export const backendNames: readonly string[] = Object.keys(backends);

/** The name of a backend, or an error that lists the names. */
function requireBackend(name: string): string {
  if (Object.hasOwn(backends, name)) return name;
  throw new UserError(`found backend ${JSON.stringify(name)}, expected one of: ${backendNames.join(', ')}`);
}

export async function openBackend(name: string): Promise<Backend> {
  const open = backends[requireBackend(name)];
  if (open === undefined) throw new Error(`backend ${name} vanished from the table`);
  try {
    return await open();
  } catch (error) {
    throw new UserError(
      `backend ${name} does not start here: ${error instanceof Error ? error.message : error}`,
    );
  }
}

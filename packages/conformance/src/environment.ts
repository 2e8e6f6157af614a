/** Where a run took place. */
export interface Environment {
  /** `node 24.21.0`, or a browser's user agent. */
  readonly runtime: string;
  /** `linux x64`, if the runtime tells. */
  readonly platform: string | null;
}

/** What Node, Bun and Deno provide; a browser has only `navigator`. */
interface Host {
  readonly process?: {
    readonly versions?: Readonly<Record<string, string | undefined>>;
    readonly platform?: string;
    readonly arch?: string;
  };
  readonly navigator?: { readonly userAgent?: string };
}

/** The current runtime, without depending on any. */
export function currentEnvironment(): Environment {
  const { process, navigator } = globalThis as Host;
  const versions = process?.versions ?? {};
  // Bun and Deno also report the version of Node that they emulate.
  const name = ['bun', 'deno', 'node'].find((candidate) => versions[candidate] !== undefined);
  return {
    runtime: name ? `${name} ${versions[name]}` : (navigator?.userAgent ?? 'unknown'),
    platform: process?.platform && process.arch ? `${process.platform} ${process.arch}` : null,
  };
}

/** Where a run took place. */
export interface Environment {
  /** `node 24.21.0`, or how a browser names itself. */
  readonly runtime: string;
  /** `linux x64`, where the runtime tells. */
  readonly platform: string | null;
}

/** What Node, Bun and Deno say of themselves; a browser has none of it. */
interface Host {
  readonly process?: {
    readonly versions?: Readonly<Record<string, string | undefined>>;
    readonly platform?: string;
    readonly arch?: string;
  };
  readonly navigator?: { readonly userAgent?: string };
}

/** The runtime at hand, without depending on any. */
export function currentEnvironment(): Environment {
  const { process, navigator } = globalThis as Host;
  const versions = process?.versions ?? {};
  // Bun and Deno also give the version of the Node that they stand in for.
  const name = ['bun', 'deno', 'node'].find((candidate) => versions[candidate] !== undefined);
  return {
    runtime: name ? `${name} ${versions[name]}` : (navigator?.userAgent ?? 'unknown'),
    platform: process?.platform && process.arch ? `${process.platform} ${process.arch}` : null,
  };
}

import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { packageFolder } from './package-folder.ts';

/** The machine and the versions of a run: times mean nothing without them. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  /** Programs that wanted a processor during the last minute, on average. */
  readonly load: number;
  readonly node: string;
  readonly v8: string;
  /** `null` outside a git checkout. */
  readonly commit: string | null;
  /** Whether the checkout differed from the commit. */
  readonly modified: boolean;
}

export function describeMachine(): Machine {
  return {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    processors: os.availableParallelism(),
    memory: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    load: os.loadavg()[0] ?? 0,
    node: process.versions.node,
    v8: process.versions.v8,
    commit: git('rev-parse', 'HEAD') ?? null,
    modified: (git('status', '--porcelain') ?? '') !== '',
  };
}

function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: packageFolder(), encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined; // no git, or no checkout
  }
}

/** Load per processor at the start from which other programs are in the way. */
const busy = 0.5;

export function isBusy({ load, processors }: Machine): boolean {
  return load > busy * processors;
}

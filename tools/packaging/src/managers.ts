import type { Command } from './command.ts';
import { isWhole } from './matrix.ts';
import { tools } from './tools.ts';

/** A package manager: how it adds packages to a project, and how it runs the programs in there. */
export interface Manager {
  readonly name: string;
  readonly add: (packages: readonly string[]) => Command;
  readonly exec: (command: Command) => Command;
  readonly environment?: Readonly<Record<string, string>>;
  /** What does not work with it. */
  readonly lacks?: 'tfjs';
  /** What a project of it has before anything is installed. */
  readonly files?: Readonly<Record<string, string>>;
}

export const npm: Manager = {
  name: 'npm',
  add: (packages) => ['npm', 'install', '--loglevel=error', ...packages],
  exec: (command) => command,
};

const pnpm: Manager = {
  name: 'pnpm',
  // Build scripts that nobody has allowed fail.
  add: (packages) => ['pnpm', 'add', '--ignore-scripts', ...packages],
  exec: npm.exec,
  // It does not take what is younger than a day, as our packages are here.
  files: { 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n' },
};

/** These managers are packages themselves. */
export const managerPackages: readonly string[] = [tools.yarn1, tools.yarn4, tools.bun];

/** @param find the path of a program of {@link managerPackages} */
export function managers(find: (program: string) => string): readonly Manager[] {
  if (!isWhole) return [npm, pnpm];
  const yarn1 = find('yarn/bin/yarn.js');
  const yarn4 = find('@yarnpkg/cli-dist/bin/yarn.js');
  return [
    npm,
    pnpm,
    {
      name: 'yarn 1',
      add: (packages) => ['node', yarn1, 'add', '--silent', ...packages],
      exec: (command) => ['node', yarn1, '--silent', 'exec', '--', ...command],
    },
    modernYarn(yarn4, 'node-modules'),
    modernYarn(yarn4, 'pnp'),
    {
      name: 'bun',
      add: (packages) => [find('bun/bin/bun.exe'), 'add', '--silent', ...packages],
      exec: npm.exec,
    },
  ];
}

function modernYarn(program: string, linker: 'node-modules' | 'pnp'): Manager {
  return {
    name: linker === 'pnp' ? 'yarn 4, PnP' : 'yarn 4',
    add: (packages) => ['node', program, 'add', ...packages],
    exec: (command) => ['node', program, 'exec', ...command],
    // TensorFlow.js 4.22 does not say that it needs the package `long`.
    ...(linker === 'pnp' && { lacks: 'tfjs' }),
    environment: { YARN_NODE_LINKER: linker, YARN_NPM_MINIMAL_AGE_GATE: '0' },
    files: { 'yarn.lock': '' }, // marks where the project begins
  };
}

import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { cwd, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { formatQuery, isPackageName } from '../page/query.ts';
import { CommandError, type PageArguments } from './arguments.ts';
import { exitCodes, onInterrupt } from './exit.ts';
import { findPackages, type PagePackage } from './page-packages.ts';
import { servePage } from './serve.ts';
import { writePage } from './write-page.ts';

/** Serves the page until the command is interrupted, or writes it. @throws CommandError */
export async function makePage(command: PageArguments): Promise<number> {
  const { module, exportName, selection, seed, port, folder } = command;
  const directory = cwd();
  const packages = packagesFor(module, directory);
  if (folder !== undefined) {
    writePage(resolve(directory, folder), packages);
    stdout.write(`${folder} holds the page and ${packages.length} packages. Put it on a server of files.\n`);
    return exitCodes.passed;
  }
  const server = await start({ directory, packages, port });
  const query = formatQuery({ module: moduleUrl(module ?? '', directory), exportName, selection, seed });
  stdout.write(`${server.url}${query === '?' ? '' : query}\nStop with Ctrl-C.\n`);
  onInterrupt(() => void server.close());
  return new Promise(() => {}); // the server keeps the process running
}

function packagesFor(module: string | undefined, directory: string): readonly PagePackage[] {
  const own = ownFolder();
  if (!existsSync(join(own, 'dist', 'page-main.js'))) {
    throw new CommandError('The page is not built: run `npm run build` first.');
  }
  if (module !== undefined && !isPackageName(module) && !isFile(module, directory)) {
    throw new CommandError(`There is no file ${module} here.`);
  }
  const name = module === undefined || isFile(module, directory) ? [] : [packageOf(module)];
  const packages = findPackages(directory, own, name);
  const missing = name.find((wanted) => !packages.some((found) => found.name === wanted));
  if (missing === undefined) return packages;
  throw new CommandError(
    `There is neither a file ${module} nor a package ${missing} here: name a file of this folder, or install the package.`,
  );
}

async function start(options: Parameters<typeof servePage>[0]): ReturnType<typeof servePage> {
  try {
    return await servePage(options);
  } catch (cause) {
    throw new CommandError(
      `Cannot serve on port ${options.port}: ${String(cause)}. Name another with --port.`,
      { cause },
    );
  }
}

/** A file as the page finds it, a package as it is named. */
function moduleUrl(module: string, directory: string): string {
  if (module === '' || !isFile(module, directory)) return module;
  const path = relative(directory, resolve(directory, module));
  if (path.startsWith('..')) {
    throw new CommandError(
      `${module} is outside of this folder, and the page has only what is inside: run it from there.`,
    );
  }
  if (/\.[cm]?tsx?$/.test(path)) {
    throw new CommandError(
      `${module} is TypeScript, which no browser runs: compile it, and name what comes of it.`,
    );
  }
  return `./${path.split(sep).join('/')}`;
}

function isFile(module: string, directory: string): boolean {
  return statSync(resolve(directory, module), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** `@asgd/cpu` of `@asgd/cpu/part`. */
function packageOf(module: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module;
}

/** The folder of this package: source or built, this file is one or two folders down. */
function ownFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return existsSync(join(here, '..', 'package.json')) ? join(here, '..') : join(here, '..', '..');
}

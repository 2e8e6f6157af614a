import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CommandError } from './arguments.ts';
import { pageHtml } from './page-html.ts';
import { importsOf, type PagePackage } from './page-packages.ts';

/** What a browser does not load. */
const isNeeded = (path: string): boolean =>
  basename(path) !== 'node_modules' && !/\.(map|ts|cts|mts|md)$/.test(path);

/**
 * Writes the page into a folder, with the packages that it needs, for any server of files.
 * @throws CommandError for a folder that holds something else
 */
export function writePage(folder: string, packages: readonly PagePackage[]): void {
  const isPage = existsSync(join(folder, 'packages', '@asgd', 'conformance'));
  if (existsSync(folder) && readdirSync(folder).length > 0 && !isPage) {
    throw new CommandError(
      `${folder} is not empty, and what is in it is not such a page: name another folder.`,
    );
  }
  for (const { name, folder: source } of packages) {
    const target = join(folder, 'packages', name);
    mkdirSync(target, { recursive: true });
    cpSync(source, target, {
      recursive: true,
      dereference: true,
      filter: (path) => path === source || isNeeded(path),
    });
  }
  const page = pageHtml({
    imports: importsOf(packages, (name) => `./packages/${name}`),
    program: './packages/@asgd/conformance/dist/page-main.js',
    modules: '',
  });
  writeFileSync(join(folder, 'index.html'), page);
}

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { linesOf, root } from './documents.ts';

/** Where the site shows the README of a package, and the specification. */
const specification = '/reference/documents/SPEC.md';
const pastOneMachine = '/guides/past-one-machine.md';

/**
 * A document whose links lead to pages of the site. Links to files that the site does not show lead to the repository,
 * and are only their words while nobody knows where the repository is.
 * @param path where the document is, from the root: relative links start there
 * @param isHere whether the page that includes this text has that anchor
 */
export function withSiteLinks(text: string, path: string, isHere: (anchor: string) => boolean): string {
  return linesOf(text)
    .map(({ line, isCode }) =>
      isCode
        ? line
        : line.replaceAll(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g, (_, image, words, target) => {
            // In a link to the picture itself: there it is as large as its reader needs.
            if (image === '!') {
              const picture = pictureAt(target as string, path);
              return `[![${words as string}](${picture})](${picture})`;
            }
            const found = siteLink(target as string, path, isHere);
            return found === undefined ? (words as string) : `[${words as string}](${found})`;
          }),
    )
    .join('\n');
}

/** @returns `undefined` for what the site cannot link to */
export function siteLink(
  target: string,
  from: string,
  isHere: (anchor: string) => boolean,
): string | undefined {
  const [page = '', anchor = ''] = target.split('#', 2);
  const heading = anchor === '' ? '' : `#${anchor}`;
  if (page === '') {
    if (isHere(anchor)) return target;
    return `${(pageOf(from) ?? '/').replace(/#.*/, '')}${heading}`;
  }
  const file = fileBehind(page, from);
  if (file === undefined) return target;
  const shown = pageOf(file);
  if (shown !== undefined) return heading === '' ? shown : `${shown.replace(/#.*/, '')}${heading}`;
  if (page.startsWith('https:')) return target;
  const repository = repositoryAddress();
  return repository === undefined ? undefined : `${repository}/blob/main/${file}${heading}`;
}

/** Where the site has a picture that a document shows: `generate/main.ts` copies it there. */
function pictureAt(target: string, from: string): string {
  return `/${normalize(join(dirname(from), target))}`;
}

/** The pictures that a document shows, as paths from the root. */
export function picturesIn(text: string, path: string): string[] {
  return linesOf(text).flatMap(({ line, isCode }) =>
    isCode
      ? []
      : [...line.matchAll(/!\[[^\]]*\]\(([^()\s]+)\)/g)].map(([, target = '']) =>
          pictureAt(target, path).slice(1),
        ),
  );
}

/** The file of the workspace that a link leads to, from the root; `undefined` for pages of others. */
function fileBehind(page: string, from: string): string | undefined {
  const ours = /^https:\/\/(?:www\.npmjs\.com\/package|unpkg\.com)\/@asgd\/([\w-]+)(?:\/(.+))?$/;
  const [match, name = '', path = 'README.md'] = ours.exec(page) ?? [];
  if (match !== undefined) return `packages/${name}/${path}`;
  return /^[a-z]+:/.test(page) ? undefined : normalize(join(dirname(from), page)).replace(/\/$/, '');
}

/** The page of the site that shows a file or folder of the workspace. */
function pageOf(file: string): string | undefined {
  if (file === 'packages/core/SPEC.md') return specification;
  if (file === 'packages/conformance/GUIDE.md') return '/guides/write-a-backend.md';
  if (file === 'README.md') return '/';
  if (file === 'apps/train/PARTIAL.md') return `${pastOneMachine}#in-a-pipe`;
  if (/^apps\/spark(?:\/README\.md)?$/.test(file)) return `${pastOneMachine}#on-apache-spark`;
  if (file === 'apps/spark/COST.md') return `${pastOneMachine}#what-a-round-costs`;
  const [, name] = /^packages\/([\w-]+)(?:\/README\.md)?$/.exec(file) ?? [];
  return name === undefined ? undefined : readmePage(name);
}

/** A package with several entries has a page for each, and its README on one of its own. */
function readmePage(name: string): string {
  return entriesOf(name).length === 1 ? `/reference/${name}.md` : `/reference/${name}/index.md`;
}

/** What users import from a package: `@asgd/core`, `@asgd/core/errors`. */
function entriesOf(name: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, unknown>>;
  };
  return Object.entries(manifest.exports)
    .filter(([, target]) => typeof target !== 'string')
    .map(([subpath]) => manifest.name + subpath.slice(1));
}

/** The pages of a package in the reference, as an entry of the menu. */
export function packageMenu(name: string): MenuEntry {
  const entries = entriesOf(name);
  const page = { text: `@asgd/${name}`, link: readmePage(name).replace(/(?:index)?\.md$/, '') };
  if (entries.length === 1) return page;
  const items = entries.map((entry) => ({ text: entry, link: `/reference/${name}/${entry}` }));
  return { text: `@asgd/${name}`, items: [{ text: 'README', link: page.link }, ...items] };
}

interface MenuEntry {
  readonly text: string;
  readonly link?: string;
  readonly items?: MenuEntry[];
}

/** `undefined` as long as package.json has a placeholder. */
export function repositoryAddress(): string | undefined {
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly repository: { readonly url: string };
  };
  if (repository.url.includes('OWNER')) return undefined;
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}

/** The published packages' short names, for menus. */
export function packageNames(): string[] {
  return globSync('packages/*/package.json', { cwd: root })
    .map((path) => dirname(path).split('/').at(-1) ?? '')
    .filter((name) => existsSync(join(root, 'packages', name, 'README.md')))
    .toSorted();
}

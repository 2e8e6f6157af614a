import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { lexer, walkTokens } from 'marked';

import { root } from './workspace.ts';

/**
 * What is wrong with the links of a document that lead to other documents of ours: a file or a heading that does not
 * exist. The registry shows a package's README by itself, so a relative path breaks there.
 */
export function brokenLinks(file: string, markdown: string): string[] {
  return linksIn(markdown).flatMap((link) => {
    const problem = problemOf(link, file, markdown);
    return problem === undefined ? [] : [`${file} links to ${link}: ${problem}.`];
  });
}

function problemOf(link: string, file: string, markdown: string): string | undefined {
  const [, page = '', heading] = /^([^#]*)#?(.*)$/s.exec(link) ?? [];
  const target = page === '' ? file : fileBehind(page, file);
  if (target === undefined) return undefined;
  if (page !== '' && !page.startsWith('https:') && file.startsWith('packages/')) {
    return 'a relative path does not work on the registry’s page; use https://www.npmjs.com or https://unpkg.com';
  }
  if (!existsSync(join(root, target))) return `${target} does not exist`;
  if (page.startsWith('https://unpkg.com/') && !isPublished(target)) return `${target} is not published`;
  if (heading === undefined || heading === '') return undefined;
  const text = target === file ? markdown : readFileSync(join(root, target), 'utf8');
  return anchorsIn(text).has(heading) ? undefined : `${target} has no heading '${heading}'`;
}

/** The file in this workspace that a link leads to, from the root; `undefined` for pages of others. */
function fileBehind(page: string, from: string): string | undefined {
  const ours = /^https:\/\/(?:www\.npmjs\.com\/package|unpkg\.com)\/@asgd\/([\w-]+)(?:\/(.+))?$/;
  const [match, name = '', path = 'README.md'] = ours.exec(page) ?? [];
  if (match !== undefined) return join('packages', name, path);
  // What begins with a slash is an address of the site, whose own tests follow the links of its pages.
  return /^(?:[a-z]+:|\/)/.test(page) ? undefined : join(dirname(from), page);
}

/** Whether a file of a package is in the package that users install. */
function isPublished(file: string): boolean {
  const [folder = '', name = '', ...path] = file.split('/');
  const manifest = readFileSync(join(root, folder, name, 'package.json'), 'utf8');
  const { files } = JSON.parse(manifest) as { readonly files: readonly string[] };
  return ['README.md', 'LICENSE', 'package.json', ...files].some((entry) => path[0] === entry);
}

/** The targets of links and pictures, each once. */
function linksIn(markdown: string): string[] {
  const found = new Set<string>();
  void walkTokens(lexer(markdown), (token) => {
    if (token.type === 'link' || token.type === 'image') found.add(String(token['href']));
  });
  return [...found];
}

/** The anchors of the headings, as GitHub and npm make them. */
function anchorsIn(markdown: string): Set<string> {
  const found = new Set<string>();
  void walkTokens(lexer(markdown), (token) => {
    if (token.type !== 'heading') return;
    const words = String(token['text'])
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
    found.add(words.trim().replaceAll(/\s/g, '-'));
  });
  return found;
}

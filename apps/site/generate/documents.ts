import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The workspace's root. */
export const root: string = join(import.meta.dirname, '..', '..', '..');

/** A document of the workspace whose sections pages of the site include. */
export interface Document {
  /** What its sections are filed under: `core`, `guide`. */
  readonly name: string;
  /** Its path from the root. */
  readonly path: string;
  readonly text: string;
}

/** The root's README as `readme`, those of packages and apps by their folder, and what else pages show. @throws Error if one is gone */
export function readDocuments(): Document[] {
  const named: readonly (readonly [string, string])[] = [
    ['readme', 'README.md'],
    ['spec', 'packages/core/SPEC.md'],
    ['guide', 'packages/conformance/GUIDE.md'],
    ['pipe', 'apps/train/PARTIAL.md'],
    ['cost', 'apps/spark/COST.md'],
    ...globSync('{packages,apps}/*/README.md', { cwd: root })
      .toSorted()
      .map((path) => [dirname(path).split('/').at(-1) ?? '', path] as const),
  ];
  return named
    .filter(([, path]) => existsSync(join(root, path)))
    .map(([name, path]) => ({ name, path, text: readFileSync(join(root, path), 'utf8') }));
}

/** A part of a document: what comes before its first heading of level 2, or one such heading and what follows. */
export interface Section {
  /** `intro`, or the heading's anchor. */
  readonly slug: string;
  /** The heading's words; empty for the introduction. */
  readonly title: string;
  /** Without the heading. */
  readonly body: string;
}

/** Cuts a document at its headings of level 2. Its title is left out. */
export function sectionsOf(text: string): Section[] {
  const sections: { title: string; lines: string[] }[] = [{ title: '', lines: [] }];
  for (const { line, isCode } of linesOf(text)) {
    const heading = isCode ? null : /^(#{1,2}) (.+)$/.exec(line);
    if (heading?.[1] === '##') sections.push({ title: heading[2] ?? '', lines: [] });
    else if (heading === null) sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ title, lines }) => ({
    slug: title === '' ? 'intro' : slugOf(title),
    title,
    body: `${lines.join('\n').trim()}\n`,
  }));
}

/** The lines of a document, and whether each belongs to a block of code. */
export function linesOf(text: string): { readonly line: string; readonly isCode: boolean }[] {
  let fence: string | undefined;
  return text.split('\n').map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    const isCode = fence !== undefined || mark !== undefined;
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence) === true) fence = undefined;
    return { line, isCode };
  });
}

/** The anchor of a heading, as GitHub and npm make it: links between READMEs count on it. */
export function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

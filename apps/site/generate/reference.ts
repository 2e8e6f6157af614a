import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { linesOf, slugOf } from './documents.ts';
import { packageNames, withSiteLinks } from './links.ts';

/** Copies the pages that `npm run reference` made, with links that lead to pages of the site. */
export function copyReference(folder: string): void {
  const require = createRequire(import.meta.url);
  const made = join(dirname(require.resolve('@asgd/reference/package.json')), 'dist');
  rmSync(folder, { recursive: true, force: true });
  cpSync(made, folder, { recursive: true });
  for (const path of globSync('**/*.md', { cwd: folder })) {
    const text = readFileSync(join(folder, path), 'utf8');
    writeFileSync(join(folder, path), withHeadMatter(withOwnAnchors(withPackageLinks(text)), path));
  }
}

/** Only absolute links are changed: TypeDoc's own are relative to the page, and right. */
function withPackageLinks(text: string): string {
  const ours = /\]\((https:\/\/(?:www\.npmjs\.com|unpkg\.com)[^)\s]*)\)/g;
  return text.replaceAll(ours, (whole) => withSiteLinks(`[x${whole}`, 'README.md', () => true).slice(2));
}

/** An outline of two levels: pages list a package's exports below the headings of its README. */
function withHeadMatter(text: string, path: string): string {
  const name = packageNames().find((one) => path === `${one}.md` || path === `${one}/index.md`);
  const title = name === undefined ? '' : `title: '@asgd/${name}'\n`;
  return `---\n${title}outline: [2, 3]\neditLink: false\n---\n\n${text}`;
}

/** TypeDoc numbers some anchors that need no number, such as that of FeatureHasherOptions. */
function withOwnAnchors(text: string): string {
  const counts = new Map<string, number>();
  const anchors = new Set<string>();
  for (const { line, isCode } of linesOf(text)) {
    const [, heading] = (isCode ? null : /^#+ (.+)$/.exec(line)) ?? [];
    if (heading === undefined) continue;
    const slug = slugOf(heading.replaceAll(/\\(.)/g, '$1'));
    const before = counts.get(slug) ?? 0;
    counts.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return text.replaceAll(/\]\(#([\w-]+)-\d+\)/g, (whole, base: string) => {
    const anchor = whole.slice(3, -1);
    return !anchors.has(anchor) && anchors.has(base) ? `](#${base})` : whole;
  });
}

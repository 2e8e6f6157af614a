import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** VitePress says nothing when a page includes a file that does not exist. @throws Error that lists them */
export function checkIncludes(pages: string): void {
  const missing = globSync('{*.md,guides/*.md}', { cwd: pages }).flatMap((page) => {
    const text = readFileSync(join(pages, page), 'utf8');
    return [...text.matchAll(/<!--\s*@include:\s*(\S+)\s*-->/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(pages, dirname(page), path)))
      .map((path) => `${page} includes ${path}, which does not exist: was a heading of a README renamed?`);
  });
  if (missing.length > 0) throw new Error(missing.join('\n'));
}

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { expect, test } from 'vitest';
import { folder, htmlOf, pages } from './site.ts';

const anchors = new Map(pages.map((page) => [page, anchorsOf(htmlOf(page))]));

test('the evidence has its figures for programs to read', () => {
  const file = /href="(\/evidence\/conformance\.json)"/.exec(htmlOf('evidence.html'))?.[1] ?? '';
  const { reports } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    readonly reports: readonly { readonly subject: string }[];
  };
  expect(reports.map(({ subject }) => subject)).toStrictEqual(
    expect.arrayContaining(['cpu', 'wasm, 2 threads', 'webgpu']),
  );
});

test('a line does not end inside an option or a date', () => {
  expect(htmlOf('guides/past-one-machine.html')).toContain('<span class="whole">--partitions</span>');
  expect(htmlOf('evidence.html')).toMatch(/<span class="whole">\d{4}-\d\d-\d\d<\/span>/);
});

test.each(pages)('every link of %s leads to a page and an anchor that exist', (page) => {
  const links = [...htmlOf(page).matchAll(/<a\b[^>]*\shref="(?<href>[^"]*)"/g)].map(
    ({ groups }) => groups?.['href'] ?? '',
  );
  expect(links.length).toBeGreaterThan(page === '404.html' ? -1 : 5);
  expect(links.flatMap((link) => problemOf(link, page))).toStrictEqual([]);
});

function problemOf(link: string, page: string): string[] {
  if (/^(?:https?|mailto):/.test(link)) return [];
  const [path = '', anchor = ''] = link.replaceAll('&amp;', '&').split('#', 2);
  const target = path === '' ? page : fileOf(path.split('?')[0] ?? '', page);
  if (!existsSync(join(folder, target))) return [`${link}: there is no ${target}`];
  if (anchor === '' || !target.endsWith('.html')) return [];
  return anchors.get(target)?.has(decodeURIComponent(anchor)) === true
    ? []
    : [`${link}: ${target} has no such anchor`];
}

function fileOf(path: string, page: string): string {
  const absolute = path.startsWith('/') ? path.slice(1) : normalize(join(dirname(page), path));
  return absolute === '' || absolute === '.' || absolute.endsWith('/')
    ? join(absolute, 'index.html')
    : absolute;
}

function anchorsOf(html: string): Set<string> {
  return new Set(
    [...html.matchAll(/\sid="(?<id>[^"]*)"/g)].map(({ groups }) =>
      (groups?.['id'] ?? '').replaceAll('&amp;', '&'),
    ),
  );
}

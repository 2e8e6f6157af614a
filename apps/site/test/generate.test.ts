import { expect, test } from 'vitest';
import { comparisonsOf, quantile } from '../generate/benchmarks.ts';
import { sectionsOf } from '../generate/documents.ts';
import { errorsIn, errorsPage } from '../generate/errors.ts';
import { picturesIn, siteLink, withSiteLinks } from '../generate/links.ts';

const documentOf = (text: string) => [{ name: 'spec', path: 'packages/core/SPEC.md', text }];

test('a document is cut at its headings, and not at lines of code', () => {
  const text =
    '# Title\n\nFirst.\n\n## What it does\n\n```sh\n## no heading\n```\n\n### Deeper\n\n## Its `end`, or not\n\nLast.\n';
  expect(sectionsOf(text)).toStrictEqual([
    { slug: 'intro', title: '', body: 'First.\n' },
    { slug: 'what-it-does', title: 'What it does', body: '```sh\n## no heading\n```\n\n### Deeper\n' },
    { slug: 'its-end-or-not', title: 'Its `end`, or not', body: 'Last.\n' },
  ]);
});

test.each([
  ['https://www.npmjs.com/package/@asgd/cpu', 'README.md', '/reference/cpu.md'],
  [
    'https://www.npmjs.com/package/@asgd/core#memory',
    'packages/webgpu/README.md',
    '/reference/core/index.md#memory',
  ],
  ['https://unpkg.com/@asgd/core/SPEC.md', 'packages/core/README.md', '/reference/documents/SPEC.md'],
  ['packages/wasm', 'README.md', '/reference/wasm.md'],
  ['packages/linear/README.md#how-fast', 'README.md', '/reference/linear/index.md#how-fast'],
  ['../../packages/core', 'apps/hypergradients/README.md', '/reference/core/index.md'],
  ['../train/PARTIAL.md', 'apps/spark/README.md', '/guides/past-one-machine.md#in-a-pipe'],
  ['COST.md#sources', 'apps/spark/README.md', '/guides/past-one-machine.md#sources'],
  ['apps/spark', 'README.md', '/guides/past-one-machine.md#on-apache-spark'],
  ['#rounding', 'packages/core/SPEC.md', '/reference/documents/SPEC.md#rounding'],
  ['https://example.org/a', 'README.md', 'https://example.org/a'],
])('the link %s in %s leads to %s', (link, from, page) => {
  expect(siteLink(link, from, () => false)).toBe(page);
});

test('a link to a file that the site does not show is its words, while the repository has no address', () => {
  expect(withSiteLinks('See [`apps/bench`](apps/bench).', 'README.md', () => false)).toBe(
    'See `apps/bench`.',
  );
  expect(withSiteLinks('```\n[a](apps/bench)\n```', 'README.md', () => false)).toBe(
    '```\n[a](apps/bench)\n```',
  );
});

test('a picture is shown from where the site has it, in a link to it', () => {
  const text = 'See:\n\n![Two curves](curves.svg)\n\n```\n![no picture](a.svg)\n```';
  expect(picturesIn(text, 'apps/spark/README.md')).toStrictEqual(['apps/spark/curves.svg']);
  expect(withSiteLinks(text, 'apps/spark/README.md', () => false)).toContain(
    '\n[![Two curves](/apps/spark/curves.svg)](/apps/spark/curves.svg)\n',
  );
});

test('errors have a heading for each code, a cause and a cure', () => {
  const text =
    '## Errors\n\n| class | `code` | when | what to do |\n| - | - | - | - |\n| `LostError` | `LOST` | it is lost | find it |\n';
  expect(errorsIn(documentOf(text), 'spec', 'Errors')).toStrictEqual([
    { className: '`LostError`', code: 'LOST', when: 'it is lost', cure: 'find it' },
  ]);
  const others = ['linear', 'torch'].map((name) => ({
    name,
    path: '',
    text: text.replace('Errors', 'When something is wrong'),
  }));
  expect(errorsPage([...documentOf(text), ...others])).toContain(
    '### LOST\n\n**`LostError`**\n\n**Cause.** It is lost.\n\n**Cure.** Find it.',
  );
});

test('an error without a cure, and a table that is gone, stop the build', () => {
  const row = '## Errors\n\n| `LostError` | `LOST` | it is lost | |\n';
  expect(() => errorsIn(documentOf(row), 'spec', 'Errors')).toThrow(
    'does not say what to do about `LostError`',
  );
  expect(() => errorsIn(documentOf('## Other\n'), 'spec', 'Errors')).toThrow(
    "no table of errors under 'Errors'",
  );
});

test('ratios of the bench are taken pair by pair', () => {
  const side = {
    contender: 'a',
    threads: 1,
    workload: { tensors: 1, length: 2 ** 20, dtype: 'float32', phase: 'blending' },
  };
  const [found] = comparisonsOf({
    schema: 2,
    started: '2026-11-27T00:00:00Z',
    quick: true,
    machine: { processor: 'AMD EPYC', processors: 2, load: 0, node: '24' },
    contenders: [{ id: 'a', label: 'A', ours: true }],
    rows: [
      {
        subject: side,
        peer: { ...side, contender: 'b' },
        outcome: {
          status: 'measured',
          pairs: [
            [1, 2],
            [2, 8],
            [4, 4],
          ],
        },
      },
      { subject: side, peer: side, outcome: { status: 'refused' } },
    ],
  });
  expect(found).toMatchObject({
    subject: 'A',
    peer: 'b',
    size: '1 Mi',
    phase: 'averaging',
    time: 2,
    peerTime: 4,
    ratio: [1.5, 2, 3],
  });
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
});

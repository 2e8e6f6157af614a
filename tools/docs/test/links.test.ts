import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { brokenLinks } from '../src/links.ts';
import { documents, root } from '../src/workspace.ts';

test.each(documents())('the links of %s lead to files and headings that exist', (file) => {
  expect(brokenLinks(file, readFileSync(join(root, file), 'utf8'))).toStrictEqual([]);
});

describe('a broken link is', () => {
  test.each([
    [
      'a relative path in a package',
      'packages/cpu/README.md',
      '[x](./SPEC.md)',
      'does not work on the registry',
    ],
    ['a file that does not exist', 'README.md', '[x](packages/none)', 'packages/none does not exist'],
    ['a missing heading', 'README.md', '# One\n[x](#two)', "has no heading 'two'"],
    [
      'a missing heading of another document',
      'README.md',
      '[x](packages/core/SPEC.md#two)',
      "packages/core/SPEC.md has no heading 'two'",
    ],
    [
      'a missing heading on the registry’s page of a package',
      'packages/cpu/README.md',
      '[x](https://www.npmjs.com/package/@asgd/core#two)',
      "packages/core/README.md has no heading 'two'",
    ],
    [
      'a missing file of a package',
      'packages/cpu/README.md',
      '![x](https://unpkg.com/@asgd/core/NONE.md)',
      'packages/core/NONE.md does not exist',
    ],
    [
      'a file that a package does not publish',
      'packages/cpu/README.md',
      '[x](https://unpkg.com/@asgd/core/src/asgd.ts)',
      'packages/core/src/asgd.ts is not published',
    ],
  ])('%s', (_what, file, markdown, problem) => {
    expect(brokenLinks(file, markdown)).toStrictEqual([expect.stringContaining(problem)]);
  });

  test('not a heading of the same document, or a page of somebody else', () => {
    const markdown = '## The C++ `loop`\n[x](#the-c-loop) [y](https://nodejs.org/en#two)';
    expect(brokenLinks('packages/cpu/README.md', markdown)).toStrictEqual([]);
  });
});

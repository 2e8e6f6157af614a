import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeReference } from '../src/reference.ts';
import { workspaceOf } from './fixture.ts';

const source = 'packages/example/src/index.ts';
const documented = '/** A step. */\nexport function step(): void {}\n';

test('each package gets a page with its README and its exports', async () => {
  const { problems, page } = await write({
    [source]: documented,
    'packages/example/README.md': '# The example\n\n[Rules](SPEC.md#rounding). See SPEC.md.\n',
    'packages/example/SPEC.md': '# Rules\n\n## Rounding\n',
    'packages/other/src/index.ts': '/** Another. */\nexport const other = 1;\n',
  });
  expect(problems).toStrictEqual([]);
  const example = await page('example.md');
  expect(example).toContain('# The example');
  expect(example).toContain('### step()');
  expect(example).toContain('[Rules](documents/SPEC.md#rounding). See SPEC.md.');
  expect(await page('other.md')).toContain('### other');
  expect(await page('documents/SPEC.md')).toContain('## Rounding');
});

test('a section of the specification that a comment names is a link', async () => {
  const specification = {
    'packages/example/SPEC.md': '# Rules\n\n## State dictionary\n',
    'packages/other/src/index.ts': '/** Another. */\nexport const other = 1;\n',
  };
  const stating = (section: string): string =>
    `/** A step (SPEC.md, ${section}). */\nexport function step(): void {}\n`;
  const { problems, page } = await write({ [source]: stating('State dictionary'), ...specification });
  expect(problems).toStrictEqual([]);
  expect(await page('example.md')).toContain(
    '([SPEC.md, State dictionary](documents/SPEC.md#state-dictionary))',
  );
  const { problems: misnamed } = await write({ [source]: stating('Leaping'), ...specification });
  expect(misnamed).toStrictEqual([expect.stringContaining('SPEC.md#leaping')]);
});

test('the entries of a package are modules, called what users import', async () => {
  const { problems, page } = await write({
    [source]: documented,
    'packages/example/src/extra.ts': '/** More. */\nexport const more = 1;\n',
    'packages/example/src/folder/index.ts': '/** Most. */\nexport const most = 1;\n',
    'packages/other/src/index.ts': '/** Another. */\nexport const other = 1;\n',
    'packages/example/package.json': JSON.stringify({
      name: '@asgd/example',
      exports: {
        './extra': { '@asgd/source': './src/extra.ts', types: './dist/extra.d.ts' },
        './folder': { '@asgd/source': './src/folder/index.ts', types: './dist/folder.d.ts' },
        '.': { '@asgd/source': './src/index.ts', types: './dist/index.d.ts' },
      },
    }),
  });
  expect(problems).toStrictEqual([]);
  expect(await page('example/@asgd/example/extra.md')).toContain('more');
  expect(await page('example/@asgd/example/folder.md')).toContain('most');
  expect(await page('example/@asgd/example.md')).toContain('step');
});

test.for<[what: string, files: Record<string, string>, problem: string]>([
  ['an export without a comment', { [source]: 'export const bare = 1;\n' }, 'bare (Variable)'],
  [
    'a property without a comment',
    { [source]: '/** Options. */\nexport interface Options { readonly lr: number }\n' },
    'Options.lr (Property)',
  ],
  [
    'a type that a signature names and nobody can import',
    {
      [source]:
        '/** Hidden. */\ninterface Hidden {}\n/** A step. */\nexport declare function step(a: Hidden): void;\n',
    },
    'Hidden, defined in',
  ],
  [
    'a link to what does not exist',
    { [source]: '/** As {@link leap}. */\nexport function step(): void {}\n' },
    'Failed to resolve link to "leap"',
  ],
  [
    'a file that a README names and that does not exist',
    { [source]: documented, 'packages/example/README.md': '[Rules](RULES.md)\n' },
    'RULES.md',
  ],
  [
    'a section that a README names and that does not exist',
    {
      [source]: documented,
      'packages/example/README.md': '[Rules](SPEC.md#leaping)\n',
      'packages/example/SPEC.md': '# Rules\n\n## Rounding\n',
    },
    'leaping',
  ],
])('%s is a problem', async ([, files, problem]) => {
  const { problems } = await write(files);
  expect(problems).toStrictEqual([expect.stringContaining(problem)]);
});

test('with problems nothing is written', async () => {
  const { problems, folder } = await write({ [source]: 'export const bare = 1;\n' });
  expect(problems).toHaveLength(1);
  expect(existsSync(folder)).toBe(false);
});

async function write(files: Readonly<Record<string, string>>): Promise<{
  readonly problems: readonly string[];
  readonly folder: string;
  page(path: string): Promise<string>;
}> {
  const workspace = await workspaceOf(files);
  const folder = join(workspace.folder, 'reference');
  const problems = await writeReference(workspace.packages, folder);
  return { problems, folder, page: (path) => readFile(join(folder, path), 'utf8') };
}

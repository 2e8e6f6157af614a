import { describe, expect, test } from 'vitest';

import { codeBlocks } from '../src/blocks.ts';

describe('the code blocks of a document', () => {
  test('come with their language, their code and the line of their fence', () => {
    const markdown = [
      '# Title',
      '',
      '```ts',
      'a;',
      'b;',
      '```',
      '',
      'Text.',
      '',
      '~~~json',
      '{}',
      '~~~',
      '',
    ].join('\n');
    expect(codeBlocks('a.md', markdown)).toStrictEqual([
      { file: 'a.md', line: 3, language: 'ts', code: 'a;\nb;' },
      { file: 'a.md', line: 10, language: 'json', code: '{}' },
    ]);
  });

  test('are found inside lists and quotations, without the marks of those', () => {
    const markdown = [
      '- item',
      '',
      '  ```sh',
      '  npm test',
      '  ```',
      '',
      '> ```text',
      '> quoted',
      '> ```',
    ].join('\n');
    expect(codeBlocks('a.md', markdown)).toStrictEqual([
      { file: 'a.md', line: 3, language: 'sh', code: 'npm test' },
      { file: 'a.md', line: 7, language: 'text', code: 'quoted' },
    ]);
  });

  test('keep their lines when one holds what looks like a fence', () => {
    const markdown = ['````text', '```ts', 'not code', '```', '````', '', '```ts', 'code;', '```'].join('\n');
    expect(codeBlocks('a.md', markdown).map(({ line, language }) => ({ line, language }))).toStrictEqual([
      { line: 1, language: 'text' },
      { line: 7, language: 'ts' },
    ]);
  });

  test('that name no language have an empty one', () => {
    expect(codeBlocks('a.md', '```\nx\n```')).toMatchObject([{ language: '' }]);
  });

  test('that are empty count too', () => {
    expect(codeBlocks('a.md', '```ts\n```\n\n```ts\nx;\n```')).toMatchObject([{ line: 1 }, { line: 4 }]);
  });

  test('must stand between fences', () => {
    expect(() => codeBlocks('a.md', 'Text.\n\n    indented();\n')).toThrow(
      'a.md: write the code that starts with',
    );
  });
});

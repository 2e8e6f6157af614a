import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { runProgram, writeProgram } from '../src/program.ts';
import { typeCheck } from '../src/types.ts';

const folder = join(import.meta.dirname, '..', '.blocks', 'program-test');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a block that starts on line 10 of a document, so that its first line is line 11. */
function run(code: string, language = 'ts'): string[] {
  return runProgram(writeProgram({ file: 'a.md', line: 10, language, code }, folder));
}

describe('a program passes', () => {
  test.each([
    ['prints what its comment says', 'console.log([1, 2]); // [ 1, 2 ]'],
    ['is spaced otherwise than the comment', 'console.log([1, { a: 2 }]); // [1, {a: 2}]'],
    ['prints a typed array', 'console.log(Float32Array.of(0.5)); // Float32Array(1) [ 0.5 ]'],
    ['prints several values', 'console.log("a", 1); // a 1'],
    [
      'prints over several lines',
      'console.log(Array.from({ length: 8 }, (_, i) => i)); // [0, 1, 2, 3, 4, 5, 6, 7]',
    ],
    ['leaves out digits with an ellipsis', 'console.log(1 / 3); // 0.333…'],
    ['prints after it has waited', 'await Promise.resolve();\nconsole.log(1); // 1'],
    ['prints the same each time', 'for (let i = 0; i < 3; i++) console.log("x"); // x'],
    ['holds an address in a string', 'console.log("https://example.org"); // https://example.org'],
    ['prints without a comment', 'console.log(Math.random());'],
    ['uses a package', "import { ASGD } from '@asgd/core';\nconsole.log(typeof ASGD); // function"],
  ])('that %s', (_, code) => {
    expect(run(code)).toStrictEqual([]);
  });

  test('in plain JavaScript', () => {
    expect(run('let a; a = 1; console.log(a); // 1', 'js')).toStrictEqual([]);
  });
});

describe('a program fails', () => {
  test('that prints something else, with the line', () => {
    expect(run('const a = 1;\nconsole.log(a); // 2')).toStrictEqual([
      'a.md:12 says that it prints 2, but prints 1',
    ]);
  });

  test('that prints something else the second time', () => {
    expect(run('for (const x of [1, 2]) console.log(x); // 1')).toStrictEqual([
      'a.md:11 says that it prints 1, but prints 2',
    ]);
  });

  test('whose comment holds only a part of what is printed', () => {
    expect(run('console.log([1, 2]); // [1')).toHaveLength(1);
    expect(run('console.log([1, 2]); // 2]')).toHaveLength(1);
  });

  test('whose comment a pattern would match', () => {
    expect(run('console.log("abc"); // a.c')).toHaveLength(1);
  });

  test('that never comes to what it says it prints', () => {
    expect(run('if (Math.random() > 2) console.log(1); // 1')).toStrictEqual([
      'a.md:11 says that it prints 1, but never runs.',
    ]);
  });

  test('that throws, with the line in the document', () => {
    const [problem] = run('const a = 1;\nthrow new Error(`at ${a}`);');
    expect(problem).toContain('a.md:10 ended with exit code 1');
    expect(problem).toMatch(/a-md-10\.ts:12\n/);
  });

  test('that imports what does not exist', () => {
    expect(run("import { nothing } from '@asgd/core';\nnothing();").join()).toContain('nothing');
  });

  test('that does not end', () => {
    const program = writeProgram(
      { file: 'a.md', line: 10, language: 'ts', code: 'setInterval(() => {}, 9);' },
      folder,
    );
    expect(runProgram(program, 1000)).toStrictEqual([
      'a.md:10 was stopped by SIGTERM after at most 1000 ms.',
    ]);
  });
});

describe('type-checking', () => {
  const programs = [
    writeProgram(
      { file: 'good.md', line: 1, language: 'ts', code: 'const a: number = 1;\nawait a;' },
      folder,
    ),
    writeProgram({ file: 'bad.md', line: 1, language: 'ts', code: '\nconst a: string = 1;' }, folder),
    writeProgram({ file: 'any.md', line: 1, language: 'ts', code: 'function f(a) {}' }, folder),
    writeProgram({ file: 'plain.md', line: 1, language: 'js', code: 'let a; a = 1;' }, folder),
  ];
  const errors = typeCheck(programs, folder);
  const [good, bad, any, plain] = programs.map((program) => errors.of(program));

  test('finds nothing in what is right', () => {
    expect(good).toStrictEqual([]);
    expect(errors.elsewhere).toStrictEqual([]);
  });

  test('finds a wrong type, with its place in the document', () => {
    expect(bad).toStrictEqual([expect.stringMatching(/^bad\.md \(3,7\): error TS2322/)]);
  });

  test('is strict', () => {
    expect(any).toStrictEqual([expect.stringContaining('TS7006')]);
  });

  test('leaves plain JavaScript alone', () => {
    expect(plain).toStrictEqual([]);
  });

  test('reports settings that do not work', () => {
    const absent = {
      block: { file: 'a.md', line: 1, language: 'ts', code: '' },
      path: join(folder, 'absent.ts'),
    };
    expect(typeCheck([absent], folder).elsewhere.join()).toContain('absent.ts');
  });
});

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import type { Outcome } from '../src/command.ts';
import { choose, isWhole } from '../src/matrix.ts';
import { libraries } from '../src/packages.ts';
import { Project } from '../src/project.ts';
import { tools } from '../src/tools.ts';

/** The strictest that a project may be. */
const strictest = {
  target: 'es2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  // The declarations are what this is about.
  skipLibCheck: false,
  noEmit: true,
};

const compilers = ['5.9', '6.0', '7.0'] as const;

const compilerPackages = [tools.typescript59, tools.typescript60, tools.typescript70];

const resolutions = choose(['nodenext', 'node16', 'bundler'] as const, (name) => name !== 'node16');

interface Surroundings {
  readonly name: string;
  readonly lib: readonly string[];
  readonly types: readonly string[];
  /** The compilers that get WebGPU's types there. */
  readonly webgpu: readonly string[];
}

const surroundings: readonly Surroundings[] = choose(
  [
    { name: 'no DOM', lib: [], types: [], webgpu: [] },
    { name: 'no DOM, @types/node', lib: [], types: ['node'], webgpu: [] },
    { name: 'DOM', lib: ['dom'], types: [], webgpu: ['6.0', '7.0'] },
    { name: 'DOM, @types/node', lib: ['dom'], types: ['node'], webgpu: ['6.0', '7.0'] },
    // TypeScript 6 and 7 have WebGPU's types themselves, and the two do not go together.
    { name: 'DOM, @webgpu/types', lib: ['dom'], types: ['@webgpu/types'], webgpu: ['5.9'] },
  ],
  ({ types }) => !types.includes('node'),
);

let ours: Project;
beforeAll(async () => {
  ours = new Project({ environment: inject('environment') });
  ours.copy('types');
  ours.copy('types-of-platform');
  await ours.install([
    ...libraries().map(({ name }) => name),
    ...compilerPackages,
    tools.typesNode,
    tools.typesWebGPU,
  ]);
});
afterAll(() => ours?.[Symbol.dispose]());

const rows = compilers.flatMap((compiler) => resolutions.map((resolution) => ({ compiler, resolution })));

describe.each(rows)('TypeScript $compiler, moduleResolution $resolution', ({ compiler, resolution }) => {
  const possible = surroundings.filter(
    ({ types, webgpu }) => !types.includes('@webgpu/types') || webgpu.includes(compiler),
  );
  for (const { name, lib, types, webgpu } of possible) {
    const cell = { table: 'Types', row: `TypeScript ${compiler}, ${resolution}`, column: name };
    test(`programs type-check: ${name}`, { meta: { cell } }, async () => {
      const settings = `tsconfig.${compiler}.${resolution}.${name}.json`.replaceAll(/[ ,@/]+/g, '-');
      const compilerOptions = {
        ...strictest,
        module: resolution === 'bundler' ? 'esnext' : resolution,
        moduleResolution: resolution,
        lib: ['es2022', ...lib],
        types,
      };
      // The program with a device and a memory of its own needs the names of these.
      const exclude = webgpu.includes(compiler) ? [] : ['own.ts'];
      ours.write(settings, JSON.stringify({ compilerOptions, include: ['*.ts'], exclude }));
      expect(await check(ours, compiler, settings)).toStrictEqual({ status: 0, stdout: '' });
    });
  }
});

// Its declarations do not check under these settings by themselves, so they are not what this is about.
describe.runIf(isWhole)('beside TensorFlow.js', () => {
  let other: Project;
  beforeAll(async () => {
    other = new Project({ environment: inject('environment') });
    other.copy('types-of-tensorflow');
    await other.install(['@asgd/tfjs', tools.tensorflow, ...compilerPackages]);
  });
  afterAll(() => other?.[Symbol.dispose]());

  for (const compiler of compilers) {
    const cell = { table: 'Types', row: `TypeScript ${compiler}, bundler`, column: 'DOM, TensorFlow.js' };
    test(`a program type-checks with TypeScript ${compiler}`, { meta: { cell } }, async () => {
      const compilerOptions = {
        ...strictest,
        skipLibCheck: true,
        module: 'esnext',
        moduleResolution: 'bundler',
        lib: ['es2022', 'dom'],
        types: [],
      };
      other.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      expect(await check(other, compiler, 'tsconfig.json')).toStrictEqual({ status: 0, stdout: '' });
    });
  }
});

async function check(
  project: Project,
  compiler: string,
  settings: string,
): Promise<Pick<Outcome, 'status' | 'stdout'>> {
  const program = `node_modules/typescript${compiler.replace('.', '')}/bin/tsc`;
  const { status, stdout } = await project.exec(['node', program, '-p', settings]);
  return { status, stdout };
}

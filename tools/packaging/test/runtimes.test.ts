import { dawnEnvironment } from '@asgd/browser';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import type { Command } from '../src/command.ts';
import { choose } from '../src/matrix.ts';
import { libraries } from '../src/packages.ts';
import { read, results } from '../src/programs.ts';
import { Project } from '../src/project.ts';
import { tools } from '../src/tools.ts';

const tooling = new Project({ environment: inject('environment') });
const project = new Project({ environment: inject('environment') });
afterAll(() => {
  tooling[Symbol.dispose]();
  project[Symbol.dispose]();
});

interface Runtime {
  readonly name: string;
  /** The package that it is, if it is not the one that runs this. */
  readonly package?: string;
  readonly command: Command;
  readonly lacks?: 'webgpu';
}

const find = (program: string): string => tooling.path('node_modules', program);

const runtimes: readonly Runtime[] = choose(
  [
    { name: 'Node 22', package: tools.node22, command: [find('node22/bin/node')] },
    { name: 'Node 24', command: ['node'] },
    { name: 'Node 26', package: tools.node26, command: [find('node26/bin/node')] },
    { name: 'Deno', package: tools.deno, command: [find('.bin/deno'), 'run', '--allow-all'] },
    // The package webgpu crashes it.
    { name: 'Bun', package: tools.bun, command: [find('.bin/bun')], lacks: 'webgpu' },
  ],
  (runtime) => runtime.package === undefined,
);

beforeAll(async () => {
  const needed = runtimes.flatMap((runtime) => runtime.package ?? []);
  if (needed.length > 0) await tooling.install(needed);
  project.copy('node');
  await project.install([...libraries().map(({ name }) => name), tools.webgpu, tools.tensorflow]);
});

const runs = [
  { program: 'train', backend: 'cpu', column: 'cpu' },
  { program: 'train', backend: 'wasm', column: 'wasm' },
  { program: 'train', backend: 'webgpu', column: 'webgpu' },
  { program: 'save', backend: 'cpu', column: 'torch' },
  { program: 'classify', backend: 'wasm', column: 'linear' },
  { program: 'examine', backend: 'cpu', column: 'conformance' },
  { program: 'minimize', backend: 'cpu', column: 'tfjs' },
] as const;

describe.each(runtimes)('in $name', ({ name, command, lacks }) => {
  describe.each([
    { way: 'import', main: 'import.mjs' },
    { way: 'require', main: 'require.cjs' },
  ])('by $way', ({ way, main }) => {
    for (const { program, backend, column } of runs) {
      const isLacking = lacks === backend;
      const passed = isLacking ? 'refused' : 'ok';
      const cell = { table: 'Runtimes', row: `${name}, ${way}`, column, passed };
      test(`${column} ${isLacking ? 'says what is missing' : 'works'}`, { meta: { cell } }, async () => {
        const outcome = await project.exec([...command, main, program, backend], await dawnEnvironment());
        expect(read(outcome)).toMatchObject(isLacking ? { code: 'UNSUPPORTED' } : results[program](backend));
      });
    }
  });
});

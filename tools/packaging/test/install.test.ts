import { dawnEnvironment } from '@asgd/browser';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import type { Command } from '../src/command.ts';
import { managerPackages, managers } from '../src/managers.ts';
import { choose, isWhole } from '../src/matrix.ts';
import { Project } from '../src/project.ts';
import { read, results } from '../src/programs.ts';
import { tools } from '../src/tools.ts';

interface Combination {
  readonly backends: readonly ('cpu' | 'wasm' | 'webgpu')[];
  readonly others: readonly ('conformance' | 'torch' | 'linear' | 'tfjs')[];
  readonly isAlwaysTried?: false;
}

/** What is run of a package that is not a backend. */
const programOf = { conformance: 'examine', torch: 'save', linear: 'classify', tfjs: 'minimize' } as const;

/** Equal in every step of these cases, which the exit code says. */
const compareCpuAndWasm: Command = [
  'asgd-conformance',
  'compare',
  '@asgd/cpu',
  '@asgd/wasm',
  '--export',
  'cpu',
  '--export',
  'wasm',
  '--only',
  '*step/plain/*/n=17',
];

/** What users install together, beside core. */
const combinations: readonly Combination[] = choose(
  [
    { backends: ['cpu'], others: [] },
    { backends: ['wasm'], others: [] },
    { backends: ['webgpu'], others: [] },
    { backends: ['cpu', 'wasm'], others: [] },
    { backends: ['wasm', 'webgpu'], others: [] },
    { backends: ['cpu'], others: ['torch'] },
    { backends: ['cpu'], others: ['conformance'] },
    { backends: ['wasm'], others: ['conformance'] },
    { backends: ['webgpu'], others: ['conformance'] },
    { backends: [], others: ['linear'] },
    { backends: [], others: ['tfjs'], isAlwaysTried: false }, // bundlers.test.ts installs it, too
    { backends: ['cpu', 'wasm', 'webgpu'], others: ['torch', 'conformance', 'linear'], isAlwaysTried: false },
    { backends: ['cpu', 'wasm', 'webgpu'], others: ['torch', 'conformance', 'linear', 'tfjs'] },
  ],
  ({ isAlwaysTried = true }) => isAlwaysTried,
);

const tooling = new Project({ environment: inject('environment') });
beforeAll(async () => {
  if (isWhole) await tooling.install(managerPackages);
});
afterAll(() => tooling[Symbol.dispose]());

const find = (program: string): string => tooling.path('node_modules', program);

describe.each(managers(find))('$name', (manager) => {
  const possible = combinations.filter(({ others }) => !others.some((other) => other === manager.lacks));
  for (const { backends, others } of possible) {
    const names = ['core', ...backends, ...others];
    const cell = { table: 'Installed together', row: names.join(' + '), column: manager.name };
    test(`installs ${names.join(' + ')}, which work as ESM and by require`, { meta: { cell } }, async () => {
      using project = new Project({ environment: inject('environment'), manager });
      project.copy('node');
      await project.install([
        ...names.map((name) => `@asgd/${name}`),
        ...(backends.includes('webgpu') ? [tools.webgpu] : []),
        ...(others.includes('tfjs') ? [tools.tensorflow] : []),
      ]);

      const environment = await dawnEnvironment();
      const [first = 'cpu'] = backends;
      const runs = [
        ...backends.map((name) => ['train', name] as const),
        ...others.map((other) => [programOf[other], first] as const),
      ];
      for (const main of ['import.mjs', 'require.cjs']) {
        for (const [program, backend] of runs) {
          const outcome = await project.exec(['node', main, program, backend], environment);
          expect(read(outcome), `${main} ${program} ${backend}`).toStrictEqual(results[program](backend));
        }
      }
      const commands: readonly Command[] = [
        ...(others.includes('torch') ? [['asgd-torch', 'inspect', 'checkpoint.pt'] as const] : []),
        ...(others.includes('conformance')
          ? [
              [
                'asgd-conformance',
                `@asgd/${first}`,
                '--export',
                first,
                '--only',
                'lifecycle/averages/swap',
              ] as const,
            ]
          : []),
        ...(others.includes('conformance') && backends.includes('wasm') && backends.includes('cpu')
          ? [compareCpuAndWasm]
          : []),
      ];
      for (const command of commands) {
        const { status, stdout, stderr } = await project.exec(command, environment);
        expect({ status, stderr }, stdout).toStrictEqual({ status: 0, stderr: '' });
      }
    });
  }
});

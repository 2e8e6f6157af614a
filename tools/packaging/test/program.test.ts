import { readFileSync } from 'node:fs';

import { afterAll, describe, expect, inject, test } from 'vitest';

import type { Command } from '../src/command.ts';
import { managerPackages, managers } from '../src/managers.ts';
import { isWhole } from '../src/matrix.ts';
import { Project } from '../src/project.ts';

const tooling = new Project({ environment: inject('environment') });
if (isWhole) await tooling.install(managerPackages);
afterAll(() => tooling[Symbol.dispose]());

const rows = Array.from(
  { length: 200 },
  (_, i) => `${i % 2 === 0 ? -1 : 1} ${1 + (i % 2)}:1 ${3 + (i % 5)}:0.5\n`,
);

describe.each(managers((program) => tooling.path('node_modules', program)))(
  'asgd-train by $name',
  (manager) => {
    const cell = { table: 'Programs', row: 'asgd-train', column: manager.name };

    test('learns a file, and without one says what to give', { meta: { cell } }, async () => {
      using project = new Project({ environment: inject('environment'), manager });
      await project.install(['asgd-train']);
      project.write('some.svm', rows.join(''));
      const options = ['--data', 'some.svm', '--epochs', '2', '--predict', 'p.csv', '--plot', 'p.svg'];
      // npx finds it where managers of node_modules put it; the one without has its own way.
      const command: Command = manager.name.endsWith('PnP') ? ['asgd-train'] : ['npx', 'asgd-train'];
      const { status, stdout, stderr } = await project.exec([...command, ...options] as unknown as Command);
      expect({ status, stderr }, stdout).toStrictEqual({ status: 0, stderr: '' });
      const [title, ...predictions] = readFileSync(project.path('p.csv'), 'utf8').trimEnd().split('\n');
      expect(title).toBe('row,label,prediction,probability');
      expect(predictions.length).toBeGreaterThan(10);
      expect(predictions.filter((line) => !/^\d+,(-?1),\1,0\.\d+$/.test(line))).toStrictEqual([]);
      expect(project.has('p.svg')).toBe(true);

      // pnpm, which started this, lets what it starts find the packages of this workspace.
      const nothing = await project.exec(['asgd-train'], { NODE_PATH: '' });
      expect(nothing.stderr).toContain(
        'asgd-train: found no --data, expected a file to learn from: LIBSVM or CSV.',
      );
    });
  },
);

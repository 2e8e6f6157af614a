import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { Program } from './program.ts';

export interface TypeErrors {
  readonly of: (program: Program) => string[];
  /** Errors that are in none of the programs: in the packages they import, or in the settings. */
  readonly elsewhere: readonly string[];
}

/** Type-checks all programs of a folder together, as strictly as our own code, against the packages' source. */
export function typeCheck(programs: readonly Program[], folder: string): TypeErrors {
  const settings = {
    extends: join(import.meta.dirname, '..', '..', '..', 'tsconfig.base.json'),
    compilerOptions: {
      types: ['node'],
      moduleDetection: 'force',
      // An example may show a thing without using it.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    files: programs.filter(({ path }) => path.endsWith('.ts')).map(({ path }) => path),
  };
  if (settings.files.length === 0) return { of: () => [], elsewhere: [] };
  const project = join(folder, 'tsconfig.json');
  writeFileSync(project, JSON.stringify(settings));
  const { stdout, error } = spawnSync('tsc', ['-p', project, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  // A continuation line of a message is indented.
  const messages = stdout.split(/\n(?=\S)/).filter((message) => message.trim() !== '');
  const isIn = (message: string, { path }: Program): boolean => message.startsWith(`${basename(path)}(`);
  return {
    of: (program) =>
      messages
        .filter((message) => isIn(message, program))
        .map((message) => message.replace(`${basename(program.path)}(`, `${program.block.file} (`)),
    elsewhere: messages.filter((message) => !programs.some((program) => isIn(message, program))),
  };
}

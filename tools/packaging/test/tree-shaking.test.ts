import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { type Bundler, bundlers, OUTPUT } from '../src/bundlers.ts';
import { choose } from '../src/matrix.ts';
import { Project } from '../src/project.ts';

const packages = ['@asgd/core', '@asgd/cpu', '@asgd/wasm', '@asgd/webgpu', '@asgd/torch'];

/** Text that a bundle has as long as it has these parts, whatever it calls its variables. */
const marks: Readonly<Record<string, string>> = {
  'the optimizer': 'averageOf',
  'the trigger': 'The patience is ',
  'kernels in WebAssembly': '0061736d', // "\0asm" in hexadecimal
  'kernels in WGSL': '@compute',
  'checkpoints of PyTorch': 'safetensors',
};

const programs = [
  {
    name: 'ASGD and cpu',
    source: `
import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
globalThis.optimizer = new ASGD([(await cpu()).parameter([1])]);`,
    parts: ['the optimizer'],
  },
  {
    name: 'NonMonotoneTrigger',
    source: `
import { NonMonotoneTrigger } from '@asgd/core';
globalThis.trigger = new NonMonotoneTrigger().observe(1);`,
    parts: ['the trigger'],
  },
  {
    name: 'an error',
    source: `
import { ArgumentError } from '@asgd/core';
globalThis.wrong = ArgumentError;`,
    parts: [],
  },
  {
    name: 'nothing',
    source: `
import '@asgd/core';
import '@asgd/cpu';
import '@asgd/torch';
import '@asgd/wasm';
import '@asgd/webgpu';`,
    parts: [],
  },
  {
    // Shows that the marks are found where there is something to find.
    name: 'everything',
    source: `
import { ASGD, NonMonotoneTrigger } from '@asgd/core';
import { saveCheckpoint } from '@asgd/torch';
import { wasm } from '@asgd/wasm';
import { webgpu } from '@asgd/webgpu';
globalThis.everything = [ASGD, new NonMonotoneTrigger().observe(1), saveCheckpoint, wasm, webgpu];`,
    parts: Object.keys(marks),
  },
];

const builders = choose(bundlers, ({ isAlwaysTried }) => isAlwaysTried).filter(({ ways }) =>
  ways.some(({ serve }) => serve === OUTPUT),
);

describe.each(builders)('bundled with $name', (bundler) => {
  let project: Project;
  beforeAll(async () => {
    project = new Project({ environment: inject('environment') });
    project.copy('site');
    if (bundler.settings) project.copy(bundler.settings);
    await project.install([...packages, ...bundler.packages]);
  });
  afterAll(() => project?.[Symbol.dispose]());

  for (const { name, source, parts } of programs) {
    const cell = { table: 'Tree-shaking', row: bundler.name, column: name };
    test(`a program of ${name} has ${parts.join(', ') || 'no part'}`, { meta: { cell } }, async () => {
      const bundle = await build(project, bundler, source);
      const found = Object.keys(marks).filter((part) => bundle.includes(marks[part] ?? ''));
      expect(found).toStrictEqual(parts);
    });
  }
});

/** All that a browser may load of a page that has this program and nothing else. */
async function build(project: Project, { ways }: Bundler, source: string): Promise<string> {
  project.write('page.js', source);
  project.write('worker.js', '');
  project.remove(OUTPUT);
  project.remove('.parcel-cache'); // which fails when a worker is gone
  for (const { build: command } of ways) {
    if (!command) continue;
    const { status, stdout, stderr } = await project.exec(command);
    expect(status, `${stdout}${stderr}`).toBe(0);
  }
  const read = (file: string): string => readFileSync(project.path(OUTPUT, file), 'utf8');
  const all = globSync('**/*.js', { cwd: project.path(OUTPUT) });
  const page = project.has(`${OUTPUT}/index.html`) ? read('index.html') : read('page.js');
  // esbuild writes files too that nothing imports any more.
  const loaded = new Map([['', page]]);
  for (const text of loaded.values()) {
    const named = all.filter((file) => text.includes(basename(file)) && !loaded.has(file));
    for (const file of named) loaded.set(file, read(file));
  }
  return [...loaded.values()].join('\n');
}

import { mkdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { Project } from '../src/project.ts';

const project = new Project({ environment: inject('environment') });
let guide = '';
beforeAll(async () => {
  await project.install(['@asgd/core', '@asgd/conformance']);
  guide = readFileSync(project.path('node_modules/@asgd/conformance/GUIDE.md'), 'utf8');
});
afterAll(() => project[Symbol.dispose]());

/** The guide's program that exports a backend, as JavaScript, without the lines that run the suite. */
function sourceOf(name: string): string {
  const programs = [...guide.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, program = '']) => program);
  const program = programs.find((text) => text.includes(`export function ${name}(`));
  if (program === undefined) throw new Error(`GUIDE.md has no program that exports ${name}.`);
  const [backend = ''] = program.split('\nconst report = ');
  const { target, module } = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(backend, { compilerOptions: { target, module } }).outputText;
}

/** Installs a package with this source, as its author publishes it. */
async function installAs(name: string, source: string): Promise<void> {
  mkdirSync(project.path(name));
  const peerDependencies = { '@asgd/core': '0.x' };
  const manifest = { name, version: '1.0.0', type: 'module', exports: './index.js', peerDependencies };
  project.write(`${name}/package.json`, JSON.stringify(manifest));
  project.write(`${name}/index.js`, source);
  const { status, stderr } = await project.exec(['npm', 'pack', '--silent', `./${name}`]);
  expect(status, stderr).toBe(0);
  await project.install([`./${name}-1.0.0.tgz`]);
}

describe('the backend of the guide', () => {
  test.each(['mine', 'queued'])('conforms as a package of its own: %s', async (name) => {
    await installAs(name, sourceOf(name));
    const { status, stdout, stderr } = await project.exec(['npx', '--no', 'asgd-conformance', name]);
    const verdict = stdout.trimEnd().split('\n').at(-1);
    expect(verdict, stdout + stderr).toMatch(
      new RegExp(`^${name}#${name}: conforms \\(\\d{4} passed, 0 failed, 0 skipped, \\d+ not applicable\\)$`),
    );
    expect(status).toBe(0);
  });

  test('is refused in the words of the guide once a rounding is left out', async () => {
    const rounded = 'fround(ax + fround(fround(next - ax) * mu))';
    const source = sourceOf('mine');
    expect(source).toContain(rounded);
    await installAs('wrong', source.replace(rounded, 'fround(ax + fround(next - ax) * mu)'));
    const id = 'step/plain/complex64/n=1';
    const { status, stdout } = await project.exec(['npx', '--no', 'asgd-conformance', 'wrong', '--only', id]);
    const [, said = ''] = /^1\. 332 failed, (as if .+\n[^]*?)^ +again:/m.exec(guide) ?? [];
    const lines = said.split('\n').filter((line) => line !== '' && line.trim() !== '…');
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) expect(stdout).toContain(line);
    expect(status).toBe(1);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { contractPackages, contractVersion, kernels, raiseContract } from '../src/contract.ts';
import { contractProblems, recordContract, recordRelease } from '../src/contract-record.ts';
import { workspace } from '../src/packages.ts';
import { type Bump, WorkspaceCopy } from '../src/workspace-copy.ts';

const parties = ['@asgd/conformance', '@asgd/core', '@asgd/cpu', '@asgd/wasm', '@asgd/webgpu'];
const first = contractVersion(workspace);

test('the contract is complete here', async () => {
  expect(await contractProblems(workspace)).toStrictEqual([]);
});

test('core takes part in it, the backends, and what examines these', () => {
  expect(contractPackages(workspace)).toStrictEqual(parties);
});

describe('in a workspace that nothing was released from', () => {
  const copy = new WorkspaceCopy();
  const root = copy.folder;
  afterAll(() => copy[Symbol.dispose]());

  function edit(path: string, from: string, to: string): void {
    const content = readFileSync(join(root, path), 'utf8');
    expect(content).toContain(from);
    writeFileSync(join(root, path), content.replace(from, to));
  }
  function bump(names: readonly string[], how: Bump): void {
    copy.addChangeset(Object.fromEntries(names.map((name) => [name, how])), 'A change.');
  }

  test('a contract is released by all that take part in it, together', async () => {
    bump(['@asgd/cpu', '@asgd/core'], 'minor');
    bump(['@asgd/wasm'], 'patch');
    const problems = await contractProblems(root);
    expect(problems).toHaveLength(3);
    for (const name of ['conformance', 'wasm', 'webgpu']) {
      expect(problems.join('\n')).toMatch(
        new RegExp(`Contract ${first} is not released yet, and @asgd/${name} .*add a changeset`),
      );
    }
    bump(['@asgd/conformance', '@asgd/wasm', '@asgd/webgpu'], 'minor');
    expect(await contractProblems(root)).toStrictEqual([]);
  });

  test('a contract that is not released may still change, once that is written down', async () => {
    edit(kernels, 'readonly threads: number;', 'readonly threads: number | bigint;');
    expect(await contractProblems(root)).toStrictEqual([expect.stringMatching(/run `npm run contract`/)]);
    recordContract(root);
    expect(await contractProblems(root)).toStrictEqual([]);
  });

  describe('and then from which it was', () => {
    beforeAll(async () => {
      await copy.run('node', ['--no-warnings', 'tools/packaging/src/release-version.ts']);
    });

    test('the record says by what', () => {
      const released: unknown = JSON.parse(copy.read('tools/packaging/contracts/released.json'));
      expect(released).toStrictEqual({
        [first]: Object.fromEntries(parties.map((name) => [name, '0.1.0'])),
      });
    });

    test('nothing has to be released with it again', async () => {
      expect(await contractProblems(root)).toStrictEqual([]);
      recordRelease(root);
      expect(copy.manifest('@asgd/cpu').version).toBe('0.1.0');
    });

    test('comments may change', async () => {
      edit(kernels, 'How many threads share a step.', 'How many threads do one step.');
      expect(await contractProblems(root)).toStrictEqual([]);
    });

    test.each([
      [kernels, 'readonly threads: number | bigint;', 'readonly threads: number;'],
      [
        kernels,
        'export interface Wrapped<Storage> {',
        'export interface Wrapped<Storage> {\n  readonly on: 1;',
      ],
      ['packages/core/src/dtype.ts', "RealDType = 'float32'", "RealDType = 'float16' | 'float32'"],
    ])('its types may not: %s, %s', async (path, from, to) => {
      edit(path, from, to);
      expect(await contractProblems(root)).toStrictEqual([expect.stringMatching(/raise CONTRACT_VERSION/)]);
      expect(() => recordContract(root)).toThrow(/raise CONTRACT_VERSION/);
      edit(path, to, from);
    });

    test('core alone cannot raise it', async () => {
      const [from, to] = [`CONTRACT_VERSION = ${first}`, `CONTRACT_VERSION = ${first + 1}`];
      edit(kernels, from, to);
      const problems = await contractProblems(root);
      for (const name of ['conformance', 'cpu', 'wasm', 'webgpu']) {
        expect(problems.join('\n')).toMatch(
          new RegExp(`packages/${name}/src/.*\\.ts is written for contract ${first}, and core has contract`),
        );
      }
      edit(kernels, to, from);
    });

    test('whoever raises it is held to all the rest, and versions are refused until that is done', async () => {
      raiseContract(root);
      const version = first + 1;
      expect(await contractProblems(root)).toStrictEqual([
        expect.stringContaining(`${version}.d.ts does not have the types`),
        ...parties.map((name): unknown =>
          expect.stringContaining(`Contract ${version} is not released yet, and ${name}`),
        ),
      ]);
      recordContract(root);
      bump(parties.slice(1), 'minor');
      const release = copy.run('node', ['--no-warnings', 'tools/packaging/src/release-version.ts']);
      await expect(release).rejects.toThrow(/@asgd\/conformance takes part in it: add a changeset/);
      expect(copy.manifest('@asgd/core').version).toBe('0.1.0');
      bump(parties.slice(0, 1), 'minor');
      await copy.run('node', ['--no-warnings', 'tools/packaging/src/release-version.ts']);
      expect(copy.manifest('@asgd/core').version).toBe('0.2.0');
      expect(await contractProblems(root)).toStrictEqual([]);
    });
  });
});

// Releases as they will come, made by the real tools and installed by the real package managers. What a project of the
// first release meets after each of them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { contractPackages, raiseContract } from '../src/contract.ts';
import { recordContract } from '../src/contract-record.ts';
import { publishedPackages } from '../src/packages.ts';
import { type Registry, startRegistry } from '../src/registry.ts';
import { pack } from '../src/tarball.ts';
import { type Ended, type Manager, managers, trained, UserProject } from './user-project.ts';
import { WorkspaceCopy } from '../src/workspace-copy.ts';

const names = publishedPackages().map(({ name }) => name);
const firstRanges = { '@asgd/core': '^0.1.0', '@asgd/cpu': '^0.1.0', '@asgd/wasm': '^0.1.0' };
const everyManager = Object.keys(managers) as Manager[];

const tarballs = mkdtempSync(join(tmpdir(), 'asgd-tarballs-'));
const copy = new WorkspaceCopy();
let registry: Registry;
/** Installed at the first release, and updated since. */
let old: UserProject;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => {
  old?.[Symbol.dispose]();
  copy[Symbol.dispose]();
  rmSync(tarballs, { recursive: true });
  await registry[Symbol.asyncDispose]();
});

/** Turns the changesets into versions, and publishes those. Returns them. */
async function release(): Promise<Record<string, string>> {
  const before = versions();
  await copy.run('node', ['--no-warnings', 'tools/packaging/src/release-version.ts']);
  copy.commit();
  const after = versions();
  const released = names.filter((name) => after[name] !== before[name]);
  for (const name of released) await copy.build(name);
  await registry.publish(released.map((name) => pack(copy.package(name), tarballs)));
  return Object.fromEntries(released.map((name) => [name, after[name] ?? '']));
}

function versions(): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, copy.manifest(name).version]));
}

async function fresh(manager: Manager, ranges: Readonly<Record<string, string>>): Promise<string> {
  using project = new UserProject(registry, ranges);
  await project.install(manager);
  return await project.succeed('node', 'train.js'); // the project lasts as long
}

describe('the first release', () => {
  test('has every package, as 0.1.0', async () => {
    copy.addChangeset(Object.fromEntries(names.map((name) => [name, 'minor'])), 'The first release.');
    expect(await release()).toStrictEqual(Object.fromEntries(names.map((name) => [name, '0.1.0'])));
    old = new UserProject(registry, firstRanges);
    await old.install();
    expect(await old.succeed('node', 'train.js')).toBe(trained);
  });

  test('tells users what changed', () => {
    expect(copy.read('packages/core/CHANGELOG.md')).toMatch(
      /^# @asgd\/core\n\n## 0\.1\.0\n\n### Minor Changes\n/,
    );
  });

  test.each(everyManager)('is installed by %s', async (manager) => {
    expect(await fresh(manager, firstRanges)).toBe(trained);
  });
});

describe.each<{
  what: string;
  bumps: Parameters<WorkspaceCopy['addChangeset']>[0];
  released: Record<string, string>;
  updated: Record<string, string>;
}>([
  {
    what: 'a patch of core',
    bumps: { '@asgd/core': 'patch' },
    released: { '@asgd/core': '0.1.1' },
    updated: { '@asgd/core': '0.1.1', '@asgd/cpu': '0.1.0', '@asgd/wasm': '0.1.0' },
  },
  {
    what: 'a minor of core',
    bumps: { '@asgd/core': 'minor' },
    released: { '@asgd/core': '0.2.0' },
    updated: { '@asgd/core': '0.1.1', '@asgd/cpu': '0.1.0', '@asgd/wasm': '0.1.0' },
  },
  {
    what: 'a patch of one backend',
    bumps: { '@asgd/cpu': 'patch' },
    released: { '@asgd/cpu': '0.1.1' },
    updated: { '@asgd/core': '0.1.1', '@asgd/cpu': '0.1.1', '@asgd/wasm': '0.1.0' },
  },
  {
    what: 'a minor of one backend',
    bumps: { '@asgd/cpu': 'minor' },
    released: { '@asgd/cpu': '0.2.0' },
    updated: { '@asgd/core': '0.1.1', '@asgd/cpu': '0.1.1', '@asgd/wasm': '0.1.0' },
  },
])('$what', ({ what, bumps, released, updated }) => {
  test('releases nothing else', async () => {
    copy.addChangeset(bumps, `This is ${what}.`);
    expect(await release()).toStrictEqual(released);
  });

  test('an installed project is updated', async () => {
    await old.succeed('npm', 'update');
    const found = Object.keys(firstRanges).map((name) => [name, old.installed(name)]);
    expect(Object.fromEntries(found)).toStrictEqual(updated);
    expect(await old.succeed('node', 'train.js')).toBe(trained);
  });

  const [name = ''] = Object.keys(released);
  const newest = { ...firstRanges, [name]: 'latest' };
  test.each(everyManager)('is installed by %s on the ranges of the first release', async (manager) => {
    expect(await fresh(manager, firstRanges)).toBe(trained);
  });
  test.each(everyManager)('is installed by %s beside the others’ first release', async (manager) => {
    expect(await fresh(manager, newest)).toBe(trained);
  });

  test('is added to an installed project', async () => {
    using project = new UserProject(registry, firstRanges);
    await project.install();
    await project.succeed('npm', 'install', `${name}@latest`);
    expect(project.installed(name)).toBe(released[name]);
    expect(await project.succeed('node', 'train.js')).toBe(trained);
  });
});

describe('a project in which core is missing', () => {
  const alone = { '@asgd/wasm': '^0.1.0' };
  const ofAll = everyManager.map((manager) => ({ manager }));

  // npm and pnpm install it with the backend.
  test.each(ofAll)(
    'and $manager installs a backend: it opens, or one error says what to type',
    async ({ manager }) => {
      using project = new UserProject(registry, alone);
      await project.install(manager);
      const program = "import { wasm } from '@asgd/wasm'; console.log((await wasm()).name); process.exit();";
      const { code, stdout, stderr } = await project.run('node', '--input-type=module', '-e', program);
      const isInstalled = manager === 'npm' || manager === 'pnpm';
      expect({ code, stdout }).toStrictEqual(
        isInstalled ? { code: 0, stdout: 'wasm\n' } : { code: 1, stdout: '' },
      );
      expect(stderr).toMatch(
        isInstalled
          ? /^$/
          : /^Error: @asgd\/wasm needs @asgd\/core, which is not installed .*`npm ls @asgd\/core`.*: npm install @asgd\/core$[^]*code: 'ERR_MODULE_NOT_FOUND'/m,
      );
    },
  );

  test('what the error says shows it, and mends it', async () => {
    using project = new UserProject(registry, alone);
    await project.succeed('npm', 'install', '--legacy-peer-deps');
    expect((await project.train('wasm')).code).toBe(1);
    expect((await project.run('npm', 'ls', '@asgd/core')).code).toBe(1);
    await project.succeed('npm', 'install', '@asgd/core');
    expect(await project.succeed('node', 'train.js', 'wasm')).toBe('wasm 3\n');
  });

  test('a backend can be loaded with require()', async () => {
    using project = new UserProject(registry, firstRanges);
    await project.install();
    const program = "require('@asgd/cpu').cpu().then((backend) => console.log(backend.name))";
    expect(await project.succeed('node', '--input-type=commonjs', '-e', program)).toBe('cpu\n');
  });
});

describe('a project with two copies of core', () => {
  test('one error names both; what it says shows them, and leaves one', async () => {
    using project = new UserProject(registry, { '@asgd/core': '0.1.1', '@asgd/cpu': '^0.1.0' });
    await project.addLibrary('@asgd/user-library', {
      dependencies: { '@asgd/core': '^0.2.0' },
      source: "export { ASGD } from '@asgd/core';\n",
    });
    await project.succeed('npm', 'install', '@asgd/user-library');
    const program =
      "import { cpu } from '@asgd/cpu'; import { ASGD } from '@asgd/user-library';" +
      'console.log(new ASGD([(await cpu()).parameter([4])]).paramGroups.length);';
    const run = (): Promise<Ended> => project.run('node', '--input-type=module', '-e', program);
    expect((await run()).stderr).toMatch(
      /^ArgumentError: .* Another copy of core made it: @asgd\/core@0\.1\.1, and this is @asgd\/core@0\.2\.0\. `npm ls @asgd\/core` shows .*`npm dedupe` leaves one/m,
    );
    const shown = await project.succeed('npm', 'ls', '@asgd/core');
    expect(shown).toMatch(/@asgd\/core@0\.1\.1/);
    expect(shown).toMatch(/@asgd\/core@0\.2\.0/);
    await project.succeed('npm', 'pkg', 'set', 'dependencies.@asgd/core=0.x'); // so that the versions allow it
    await project.succeed('npm', 'dedupe');
    expect(await run()).toMatchObject({ code: 0, stdout: '1\n' });
  });
});

describe('another contract', () => {
  test('releases core and all that is written for the contract', async () => {
    raiseContract(copy.folder);
    recordContract(copy.folder);
    const parties = contractPackages(copy.folder);
    copy.addChangeset(
      Object.fromEntries(parties.map((name) => [name, 'minor'])),
      'Kernels are written otherwise.',
    );
    const released = await release();
    expect(Object.keys(released)).toStrictEqual(parties);
    expect(released).toMatchObject({ '@asgd/core': '0.3.0', '@asgd/cpu': '0.3.0', '@asgd/wasm': '0.2.0' });
  });

  test('projects on the ranges of the first release never meet it', async () => {
    await old.succeed('npm', 'update');
    expect(await old.succeed('node', 'train.js')).toBe(trained);
  });

  test.each(everyManager)('the latest of all is installed by %s', async (manager) => {
    const latest = { '@asgd/core': 'latest', '@asgd/cpu': 'latest', '@asgd/wasm': 'latest' };
    expect(await fresh(manager, latest)).toBe(trained);
  });

  test.each(
    everyManager.flatMap((manager) => [
      { manager, newer: '@asgd/core', backend: '@asgd/cpu@0.1.1', contract: 1, core: '@asgd/core@0.3.0' },
      { manager, newer: '@asgd/cpu', backend: '@asgd/cpu@0.3.0', contract: 2, core: '@asgd/core@0.1.1' },
    ]),
  )(
    '$manager installs the latest $newer alone, and one error says what to type',
    async ({ manager, newer, backend, contract, core }) => {
      using project = new UserProject(registry, {
        '@asgd/core': '^0.1.0',
        '@asgd/cpu': '^0.1.0',
        [newer]: 'latest',
      });
      await project.install(manager);
      const { code, stderr } = await project.train('cpu');
      expect(code).toBe(1);
      const message = /^ContractError: (.*)$/m.exec(stderr)?.[1];
      const command = 'npm install @asgd/core@latest @asgd/cpu@latest';
      expect(message).toBe(
        `${backend} was written for version ${contract} of the contract between backends and core, but the ` +
          `installed ${core} has version ${3 - contract}. Install releases that fit together: ${command}`,
      );
      if (manager !== 'npm') return;
      await project.succeed('npm', ...command.split(' ').slice(1));
      expect(await project.succeed('node', 'train.js', 'cpu')).toBe('cpu 3\n');
    },
  );

  test('@asgd/tfjs brings the latest backends, and with an old core one error says what to type', async () => {
    using project = new UserProject(registry, {
      '@asgd/core': '^0.1.0',
      '@asgd/tfjs': '^0.1.0',
      '@tensorflow/tfjs-backend-cpu': '4.22.0',
      '@tensorflow/tfjs-core': '4.22.0',
    });
    await project.install();
    const program =
      "import { scalar, variable } from '@tensorflow/tfjs-core'; import '@tensorflow/tfjs-backend-cpu';" +
      "import { asgd } from '@asgd/tfjs'; const optimizer = await asgd({ lr: 0.5, lambd: 0 });" +
      "const weight = variable(scalar(4), true, 'weight'); optimizer.applyGradients({ weight: scalar(1) });" +
      'console.log(optimizer.path, weight.dataSync()[0]);';
    const run = (): Promise<Ended> => project.run('node', '--input-type=module', '-e', program);
    const { stderr } = await run();
    expect(stderr).toMatch(
      /^ContractError: @asgd\/cpu@0\.3\.0 .* installed @asgd\/core@0\.1\.1 has version 1\. /m,
    );
    await project.succeed('npm', 'install', '@asgd/core@latest', '@asgd/cpu@latest');
    expect(await run()).toMatchObject({ code: 0, stdout: 'shared 3.5\n' });
  });
});

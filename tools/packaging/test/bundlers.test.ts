import { copyFileSync, readFileSync } from 'node:fs';

import { type Browser, dawnEnvironment, launch } from '@asgd/browser';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { type Bundler, bundlers, type Way } from '../src/bundlers.ts';
import { choose } from '../src/matrix.ts';
import { Project } from '../src/project.ts';
import { serveAs, serveFolder, type Site } from '../src/site.ts';
import { tools } from '../src/tools.ts';
import { type Place, visit } from '../src/visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** A program that is bundled. */
interface Program {
  readonly table: string;
  readonly packages: readonly string[];
  /** The folders of consumer/ that it is in. */
  readonly folders: readonly string[];
  /** What it reports where everything works. */
  expected(place: Place, isIsolated: boolean): object;
  /** With which bundlers it is tried, and with which of these always. */
  isTried(bundler: Bundler): boolean;
  isAlwaysTried(bundler: Bundler): boolean;
}

const trained = { last: 2.5, average: 3 };

const programs: readonly Program[] = [
  {
    table: 'Bundlers',
    packages: ['@asgd/core', '@asgd/cpu', '@asgd/wasm', '@asgd/webgpu', '@asgd/torch', '@asgd/linear'],
    folders: ['site'],
    expected(place, isIsolated) {
      const [one, two] = [1, 2].map((threads) => ({ ...trained, threads }));
      const wasm = isIsolated || place === 'server' ? two : one;
      const files = { pt: 3, safetensors: 3 };
      const linear = { 'linear, wasm': 'spam, ham', 'linear, typescript': 'spam, ham' };
      const training = { cpu: one, wasm, webgpu: one, ...files, ...linear };
      return place === 'server' ? training : { isIsolated, ...training };
    },
    isTried: () => true,
    isAlwaysTried: ({ isAlwaysTried }) => isAlwaysTried,
  },
  {
    table: 'Bundlers, with TensorFlow.js',
    packages: ['@asgd/tfjs', tools.tensorflow],
    folders: ['site', 'tensorflow'],
    expected: (_place, isIsolated) => ({
      isIsolated,
      cpu: { path: 'shared', ...trained },
      webgl: { path: 'copied', ...trained },
    }),
    // An import map would have to name each of TensorFlow.js's files, and Next's server has no use for it. Rollup needs a
    // plugin for what TensorFlow.js depends on, and Parcel does not find the sources that its source maps name.
    isTried: ({ packages, places, name }) =>
      packages.length > 0 && !places.includes('server') && !['Rollup', 'Parcel 2'].includes(name),
    isAlwaysTried: ({ name }) => name === 'Vite 8',
  },
];

const rows = programs.flatMap((program) =>
  choose(bundlers.filter(program.isTried), program.isAlwaysTried).map((bundler) => ({
    program,
    bundler,
    name: bundler.name,
    packages: program.packages.join(' '),
  })),
);

describe.each(rows)('with $name: $packages', ({ program, bundler }) => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject(program, bundler);
  });
  afterAll(() => project?.[Symbol.dispose]());

  describe.each(bundler.ways)('$name', (way) => {
    let serve: (isIsolated: boolean) => Promise<Site>;
    beforeAll(async () => {
      serve = await start(project, way);
    });

    const settings = bundler.places.flatMap((place) =>
      (place === 'server' ? [false] : [true, false]).map((isIsolated) => ({ place, isIsolated })),
    );
    for (const { place, isIsolated } of settings) {
      const column = `${place}${isIsolated ? ', isolated' : ''}`;
      const cell = { table: program.table, row: `${bundler.name}: ${way.name}`, column };
      test(`every backend trains: ${column}`, { meta: { cell } }, async () => {
        await using site = await serve(isIsolated);
        expect(await visit(browser, site.url, place)).toStrictEqual(program.expected(place, isIsolated));
      });
    }
  });
});

async function makeProject(
  { packages, folders }: Program,
  { packages: others, settings, manifest }: Bundler,
): Promise<Project> {
  const project = new Project({ environment: inject('environment') });
  for (const folder of folders) project.copy(folder);
  if (settings) project.copy(settings);
  await project.install(packages);
  if (others.length > 0) await project.install(others);
  const installed = JSON.parse(readFileSync(project.path('package.json'), 'utf8')) as object;
  project.write('package.json', JSON.stringify({ ...installed, ...manifest }));
  return project;
}

/** Builds and serves a project's site. */
async function start(
  project: Project,
  { build, serve }: Way,
): Promise<(isIsolated: boolean) => Promise<Site>> {
  const environment = { ...(await dawnEnvironment()), NEXT_TELEMETRY_DISABLED: '1' };
  if (build) {
    const { status, stdout, stderr } = await project.exec(build, environment);
    expect(status, `${stdout}${stderr}`).toBe(0);
  }
  if (typeof serve === 'string') {
    const folder = project.path(serve);
    if (!project.has(`${serve}/index.html`)) {
      copyFileSync(project.path('index.html'), project.path(serve, 'index.html'));
    }
    return (isIsolated) => serveFolder(folder, isIsolated);
  }
  const port = await project.serve(serve, environment);
  return (isIsolated) => serveAs(port, isIsolated);
}

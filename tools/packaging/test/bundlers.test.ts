import { copyFileSync, readFileSync } from 'node:fs';

import { type Browser, dawnEnvironment, launch } from '@asgd/browser';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { type Bundler, bundlers, type Way } from '../src/bundlers.ts';
import { choose } from '../src/matrix.ts';
import { Project } from '../src/project.ts';
import { serveAs, serveFolder, type Site } from '../src/site.ts';
import { type Place, visit } from '../src/visit.ts';

const packages = ['@asgd/core', '@asgd/cpu', '@asgd/wasm', '@asgd/webgpu', '@asgd/torch'];

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** What the program of consumer/site reports where everything works. */
function expected(place: Place, isIsolated: boolean): object {
  const trained = { last: 2.5, average: 3, threads: 1 };
  const threads = isIsolated || place === 'server' ? 2 : 1;
  const training = { cpu: trained, wasm: { ...trained, threads }, webgpu: trained, pt: 3, safetensors: 3 };
  return place === 'server' ? training : { isIsolated, ...training };
}

describe.each(choose(bundlers, ({ isAlwaysTried }) => isAlwaysTried))('with $name', (bundler) => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject(bundler);
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
      const cell = { table: 'Bundlers', row: `${bundler.name}: ${way.name}`, column };
      test(`every backend trains: ${column}`, { meta: { cell } }, async () => {
        await using site = await serve(isIsolated);
        expect(await visit(browser, site.url, place)).toStrictEqual(expected(place, isIsolated));
      });
    }
  });
});

async function makeProject({ packages: others, settings, manifest }: Bundler): Promise<Project> {
  const project = new Project({ environment: inject('environment') });
  project.copy('site');
  if (settings) project.copy(settings);
  await project.install([...packages, ...others]);
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

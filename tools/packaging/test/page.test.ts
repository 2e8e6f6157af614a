import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { type Browser, launch, type Page } from '@asgd/browser';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { Project } from '../src/project.ts';
import { serveFolder, type Site } from '../src/site.ts';

// The suite in a browser, as an installed package shows it: served by its command, and written for any server of files.

/** A backend that rounds, and one that fuses the product with eta. */
const backend = (step: string): string => `
  import { defineBackend } from '@asgd/core';
  const f = Math.fround;
  const capabilities = { dtypes: ['float32'], contraction: 'never', subnormals: 'keep', hostVisible: true, threads: 1 };
  export default () => defineBackend({
    name: 'small', contract: 1, capabilities,
    allocate: (dtype, length) => new Float32Array(length),
    write: (storage, values) => storage.set(values),
    read: (storage) => storage.slice(),
    copy: (source, target) => target.set(source),
    prepare: (batch) => batch, release() {},
    view: (storage) => storage,
    wrap: (storage) => ({ storage, dtype: 'float32', length: storage.length }),
    async synchronize() {}, async close() {},
    step({ items, averaging }, { decay, eta, mu, weightDecay, sign }) {
      for (const { parameter: p, gradient: g, average: ax, length } of items) for (let i = 0; i < length; i++) {
        let d = sign * g[i];
        if (weightDecay !== 0) d = f(d + f(weightDecay * p[i]));
        p[i] = ${step};
        if (averaging === 'copy') ax[i] = p[i];
        if (averaging === 'blend') ax[i] = f(ax[i] + f(f(p[i] - ax[i]) * mu));
      }
    },
  });
`;

const project = new Project({ environment: inject('environment') });
let browser: Browser;
let command: ChildProcess;
/** What the command printed first: the address of the page. */
let address = '';
beforeAll(async () => {
  await project.install(['@asgd/core', '@asgd/conformance', '@asgd/cpu', '@asgd/wasm']);
  project.write('rounding.js', backend('f(f(p[i] * decay) - f(eta * d))'));
  project.write('fusing.js', backend('f(f(p[i] * decay) - eta * d)'));
  browser = await launch();
  const program = project.path('node_modules/@asgd/conformance/dist/cli.js');
  command = spawn(process.execPath, [program, '--serve', './rounding.js', '--only', 'step/plain/float32/*'], {
    cwd: project.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout } = command;
  if (!stdout) throw new Error('The command has no output.');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  address = line;
});
afterAll(async () => {
  command.kill();
  await browser.close();
  project[Symbol.dispose]();
});

async function open(url: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(0); // how long a page takes is for the test to limit
  await page.goto(url);
  return page;
}

/** The page that the command serves, with another query. */
function at(query: string): string {
  return new URL(`/?${query}`, address).href;
}

async function verdictOf(page: Page): Promise<string | null> {
  return page.locator('main h2').textContent();
}

describe('the page that the command serves', () => {
  test('runs what the command says, at the address that it prints', async () => {
    expect(address).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/\?module=\.\/rounding\.js&only=step\/plain\/float32\/\*$/,
    );
    const page = await open(address);
    expect(await verdictOf(page)).toBe(
      './rounding.js: 20 selected cases pass (20 passed, 0 failed, 0 skipped, 0 not applicable)',
    );
    await page.close();
  });

  test('has threads', async () => {
    project.write(
      'threads.js',
      `import { wasm } from '@asgd/wasm'; export default { name: 'two', open: () => wasm({ threads: 2 }) };`,
    );
    const page = await open(at('module=./threads.js&only=step/plain/float32/n=1023'));
    await verdictOf(page);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'JSON' }).click();
    const report = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as {
      capabilities: { threads: number };
      verdict: string;
    };
    expect(report.capabilities.threads).toBe(2);
    expect(report.verdict).toBe('the selection passes');
    await page.close();
  });

  test('groups failures like the command, links to the smallest case, and gives the report as Markdown', async () => {
    const query = 'module=./fusing.js&only=step/plain/float32/*';
    const page = await open(at(query));
    expect(await verdictOf(page)).toMatch(/^\.\/fusing\.js: \d+ of 20 selected cases failed/);
    const { stdout } = await project.exec([
      'asgd-conformance',
      './fusing.js',
      '--only',
      'step/plain/float32/*',
    ]);
    const heading = await page.locator('main details summary').first().textContent();
    expect(heading).toMatch(/^1\. \d+ failed/);
    expect(stdout).toContain(heading);
    const details = (await page.locator('main details pre').first().textContent()) ?? '';
    for (const line of details.split('\n')) expect(stdout).toContain(line);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Markdown' }).click();
    expect(readFileSync(await (await download).path(), 'utf8')).toMatch(/^# Conformance of /);
    await page.getByRole('link', { name: /^Run step\/plain\/float32\/n=\d+ alone$/ }).click();
    expect(await verdictOf(page)).toContain('1 of 1 selected case failed');
    await page.close();
  });

  test('works by keyboard', async () => {
    const page = await open(at(''));
    await page.keyboard.press('Tab');
    await page.keyboard.type('@asgd/cpu');
    await page.keyboard.press('Tab');
    await page.keyboard.type('cpu');
    await page.keyboard.press('Tab');
    await page.keyboard.type('step/plain/float32/n=5');
    await page.keyboard.press('Tab'); // the thorough cases
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await verdictOf(page)).toMatch(/^@asgd\/cpu#cpu: 1 selected case passes/);
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H2');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('JSON');
    await page.close();
  });

  test('says how far it is, and can be stopped', async () => {
    const page = await open(at(''));
    await page.getByLabel('Module').fill('@asgd/cpu');
    await page.getByLabel('Export').fill('cpu');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.waitForFunction('document.querySelector("progress").value > 10');
    await page.getByRole('button', { name: 'Stop' }).click();
    expect(await verdictOf(page)).toMatch(/^@asgd\/cpu#cpu: does not conform \(\d+ passed, 0 failed/);
    expect(await page.locator('main section > p').first().textContent()).toMatch(
      /^The run was stopped when \d+ of \d{4} cases had run\.$/,
    );
    await page.close();
  });

  test.each([
    ['a module that is not there', 'module=./none.js', 'Cannot import ./none.js: '],
    [
      'an export that is not there',
      'module=@asgd/cpu&export=gpu',
      "The export 'gpu' of @asgd/cpu does not exist",
    ],
    ['a pattern without cases', 'module=@asgd/cpu&export=cpu&only=stp/*', "No case matches 'stp/*'"],
    ['a query that it does not know', 'modul=./rounding.js', 'The address has ?modul='],
  ])('says what is wrong: %s', async (_what, query, expected) => {
    const page = await open(at(query));
    await page.waitForFunction('document.querySelector("[role=status]").textContent.length > 12');
    expect(await page.getByRole('status').textContent()).toContain(expected);
    await page.close();
  });

  test('does not run what another site has until somebody says so', async () => {
    const page = await open(at('module=https://example.invalid/backend.js'));
    expect(await page.getByLabel('Module').inputValue()).toBe('https://example.invalid/backend.js');
    expect(await page.getByRole('status').textContent()).toBe('');
    await page.close();
  });
});

describe('its server has nothing but modules, for this machine', () => {
  test.each([
    ['a module', '/files/rounding.js', {}, 200],
    ['a package', '/packages/@asgd/core/dist/index.js', {}, 200],
    ['what is above', '/files/%2e%2e/secret.js', {}, 404],
    ['what is above, by another slash', '/files/..%5csecret.js', {}, 404],
    ['a hidden file', '/files/.hidden.js', {}, 404],
    ['what is no module', '/files/secret.txt', {}, 404],
    ['a folder', '/files/node_modules', {}, 404],
    ['an address that is none', '/files/%', {}, 404],
    ['another name for this machine', '/files/rounding.js', { host: 'evil.example' }, 403],
  ])('%s', async (_what, path, headers, expected) => {
    project.write('.hidden.js', '');
    project.write('secret.txt', '');
    const { port } = new URL(address);
    const asked = request({ host: '127.0.0.1', port, path, headers }).end();
    const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(expected);
  });
});

describe('the page as files', () => {
  let site: Site;
  beforeAll(async () => {
    const { status, stderr } = await project.exec(['asgd-conformance', '--page', 'site', '@asgd/cpu']);
    if (status !== 0) throw new Error(stderr);
    site = await serveFolder(project.path('site'), false);
  });
  afterAll(() => site[Symbol.asyncDispose]());

  test('runs on a server of files, with a backend that it has', async () => {
    const page = await open(new URL('/?module=@asgd/cpu&export=cpu&only=step/plain/*', site.url).href);
    expect(await verdictOf(page)).toMatch(/^@asgd\/cpu#cpu: 60 selected cases pass/);
    await page.close();
  });

  test('examines a subject of the page that shows it', async () => {
    const html = readFileSync(project.path('site/index.html'), 'utf8');
    const program = `<script type="module">
      import { showSuite } from '@asgd/conformance/page';
      import { cpu } from '@asgd/cpu';
      const subject = { name: 'mine', open: () => cpu() };
      const shown = showSuite(document.querySelector('main'), { subject, search: '?only=step/plain/float64/*' });
      globalThis.report = shown.start();
    </script>`;
    const own = html.replace(/<script type="module" src[^>]*><\/script>/, program);
    expect(own).not.toBe(html);
    project.write('site/own.html', own);
    const page = await open(new URL('/own.html', site.url).href);
    expect(await verdictOf(page)).toMatch(/^mine: 20 selected cases pass/);
    expect(await page.evaluate('report.then(({ passed }) => passed)')).toBe(true);
    await page.close();
  });

  test('has what a browser loads, and replaces no other folder', async () => {
    expect(existsSync(project.path('site/packages/@asgd/core/dist/index.js'))).toBe(true);
    expect(existsSync(project.path('site/packages/@asgd/core/dist/index.d.ts'))).toBe(false);
    const { status, stderr } = await project.exec(['asgd-conformance', '--page', 'node_modules']);
    expect(stderr).toContain('node_modules is not empty, and what is in it is not such a page');
    expect(status).toBe(2);
  });
});

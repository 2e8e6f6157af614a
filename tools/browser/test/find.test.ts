import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { dawnEnvironment, findChromium } from '../src/index.ts';

const folders: string[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function program(name: string): Promise<{ folder: string; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'asgd-find-'));
  folders.push(folder);
  const path = join(folder, name);
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  return { folder, path };
}

test('ASGD_CHROMIUM comes before a browser of the machine', async () => {
  const { path } = await program('mine');
  const { folder } = await program('chromium');
  vi.stubEnv('PATH', folder);
  vi.stubEnv('ASGD_CHROMIUM', path);
  expect((await findChromium()).executablePath).toBe(path);
});

test('a browser on the PATH comes before the one of the npm package', async () => {
  const { folder, path } = await program('chromium');
  vi.stubEnv('ASGD_CHROMIUM', undefined);
  vi.stubEnv('PATH', folder);
  expect((await findChromium()).executablePath).toBe(path);
});

test('an ASGD_CHROMIUM that is not a program is an error that names it', async () => {
  vi.stubEnv('ASGD_CHROMIUM', '/no/such/browser');
  await expect(findChromium()).rejects.toThrow("ASGD_CHROMIUM is '/no/such/browser', which is not a program");
});

test('without any browser, the error says what to install', async () => {
  vi.stubEnv('ASGD_CHROMIUM', undefined);
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('TMPDIR', '/nowhere');
  await expect(findChromium()).rejects.toThrow('There is no Chromium to test in. Install one');
});

test('only the software adapter is asked for, unless ASGD_ADAPTER=machine', async () => {
  const flag = '--use-webgpu-adapter=swiftshader';
  expect((await findChromium()).args).toContain(flag);
  vi.stubEnv('ASGD_ADAPTER', 'machine');
  expect((await findChromium()).args).not.toContain(flag);
  expect(await dawnEnvironment()).toStrictEqual({});
  vi.stubEnv('ASGD_ADAPTER', 'sofware');
  await expect(findChromium()).rejects.toThrow(
    "ASGD_ADAPTER is 'sofware': expected 'software' or 'machine'.",
  );
});

test('a Vulkan driver that the environment names is left alone', async () => {
  vi.stubEnv('VK_ICD_FILENAMES', '/some/driver.json');
  expect(await dawnEnvironment()).toStrictEqual({});
});

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What the npm package `@sparticuz/chromium` holds, unpacked. */
export interface Unpacked {
  /** The executable; a headless shell. */
  readonly chromium: string;
  /** Libraries that it needs and a bare machine may lack. */
  readonly libraries: string;
  /** Vulkan's description of SwiftShader, an adapter in software. */
  readonly swiftShader: string;
  /** The folder with Vulkan's loader, libvulkan.so.1. */
  readonly vulkan: string;
}

/** Unpacks the package into the temporary folder, or finds it there. Takes two seconds and 200 MB, once. */
export async function unpack(): Promise<Unpacked> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The npm package @sparticuz/chromium is for Linux on x64, and this is ${process.platform} on ${process.arch}.`,
    );
  }
  const folder = join(tmpdir(), `asgd-chromium-${await packageVersion()}`);
  if (!existsSync(folder)) await unpackInto(folder);
  return {
    chromium: join(folder, 'chromium'),
    libraries: join(folder, 'al2023', 'lib'),
    swiftShader: join(folder, 'vk_swiftshader_icd.json'),
    vulkan: folder,
  };
}

async function packageVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const manifest = await readFile(join(dirname(entry), '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/**
 * The package takes a half-written file of another process for a whole one, so it unpacks into a folder of its own,
 * which is given its name when it is complete. Whoever comes second keeps the first one's.
 */
async function unpackInto(folder: string): Promise<void> {
  const { default: Chromium, inflate } = await import('@sparticuz/chromium');
  const { TMPDIR: usual } = process.env;
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    process.env['TMPDIR'] = unfinished; // the only way to tell it where
    const executable = await Chromium.executablePath();
    await inflate(
      join(
        dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')),
        '..',
        'bin',
        'al2023.tar.br',
      ),
    );
    if (!executable.startsWith(unfinished)) throw new Error(`@sparticuz/chromium unpacked to ${executable}.`);
    await rename(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
    await rm(unfinished, { recursive: true, force: true });
  }
}

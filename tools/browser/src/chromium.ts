import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { adapterWanted, type Environment, libraryPath } from './environment.ts';
import { unpack } from './unpacked.ts';

/** A browser to start, and how. */
export interface Chromium {
  readonly executablePath: string;
  readonly args: readonly string[];
  /** To be added to the environment it is started in. */
  readonly environment: Environment;
}

/** Names on the PATH. */
const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Places outside the PATH. */
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * The Chromium that `ASGD_CHROMIUM` names, else one of the machine's, else the one of the npm package
 * `@sparticuz/chromium`.
 * @throws Error that says what to install when there is none
 */
export async function findChromium(): Promise<Chromium> {
  const args = flags();
  const { ASGD_CHROMIUM: named } = process.env;
  if (named !== undefined && !isExecutable(named)) {
    throw new Error(
      `ASGD_CHROMIUM is '${named}', which is not a program: give the path of a Chromium, or unset it.`,
    );
  }
  const found = named ?? findOnMachine();
  if (found !== undefined) return { executablePath: found, args, environment: {} };
  try {
    const { chromium, libraries } = await unpack();
    return { executablePath: chromium, args, environment: libraryPath(libraries) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `There is no Chromium to test in. Install one (Debian and Ubuntu: apt-get install chromium), or set ` +
        `ASGD_CHROMIUM to the path of one. The one from npm did not work: ${reason}`,
      { cause },
    );
  }
}

function findOnMachine(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => commands.map((command) => join(folder, command)));
  return [...candidates, ...applications].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function flags(): readonly string[] {
  return [
    '--no-sandbox', // for root, as in most containers
    '--enable-unsafe-webgpu', // WebGPU on Linux, and on software adapters
    ...adapterFlags(),
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ];
}

function adapterFlags(): readonly string[] {
  if (adapterWanted() === 'software') return ['--use-webgpu-adapter=swiftshader'];
  // On Linux, without a window, Chromium does not use a GPU unless it is told to use Vulkan.
  return process.platform === 'linux'
    ? ['--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface']
    : [];
}

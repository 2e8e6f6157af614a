import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageFolder } from './package-folder.ts';

/** What WebGPU computes on here. */
export interface Adapter {
  readonly name: string;
  /** Whether it is the processor that does a GPU's work. */
  readonly isSoftware: boolean;
}

let found: Promise<Adapter> | undefined;

/**
 * The adapter that the npm package `webgpu` (Dawn) finds in processes that this one starts from now on: the machine's
 * own if it has one, else one in software.
 * @throws Error when there is none
 */
export function findAdapter(): Promise<Adapter> {
  found ??= find();
  return found;
}

async function find(): Promise<Adapter> {
  const own = await ask(process.env);
  if (own) return own;
  const { dawnEnvironment } = await import('@asgd/browser');
  const environment = await dawnEnvironment();
  const software = await ask({ ...process.env, ...environment });
  if (!software) throw new Error('WebGPU has no adapter here, not even one in software.');
  Object.assign(process.env, environment);
  return software;
}

const program = `
  import { create } from 'webgpu';
  const gpu = create([]);
  const { info } = (await gpu.requestAdapter({ powerPreference: 'high-performance' })) ?? {};
  if (info) {
    const { vendor, architecture, description, isFallbackAdapter } = info;
    console.log(JSON.stringify({ name: [vendor, architecture, description].join(' '), isFallbackAdapter }));
  }
`;

/** In a process of its own: a process finds its drivers once. */
async function ask(env: NodeJS.ProcessEnv): Promise<Adapter | undefined> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: packageFolder(),
    env,
  });
  if (stdout === '') return undefined;
  const { name, isFallbackAdapter } = JSON.parse(stdout) as { name: string; isFallbackAdapter: boolean };
  return { name, isSoftware: isFallbackAdapter || /swiftshader|llvmpipe/i.test(name) };
}

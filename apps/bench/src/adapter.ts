import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageFolder } from './package-folder.ts';
import { type Adapter, type AdapterInfo, describeAdapter } from './webgpu-host.ts';

let found: Promise<Adapter> | undefined;

/**
 * The adapter that the npm package `webgpu` (Dawn) and browsers find in processes that this one starts from now on:
 * the one that `ASGD_ADAPTER` asks for, else the machine's own if it has a GPU, else one in software.
 * @throws Error when there is none
 */
export function findAdapter(): Promise<Adapter> {
  found ??= find();
  return found;
}

async function find(): Promise<Adapter> {
  const { ASGD_ADAPTER: wanted } = process.env;
  const own = wanted === 'software' ? undefined : await ask(process.env);
  if (own && (wanted === 'machine' || !own.isSoftware)) {
    process.env['ASGD_ADAPTER'] = 'machine';
    return own;
  }
  if (wanted === 'machine') {
    throw new Error('WebGPU found no adapter of this machine, which ASGD_ADAPTER=machine asks for.');
  }
  const { dawnEnvironment } = await import('@asgd/browser');
  const drivers = await dawnEnvironment().catch((error: unknown) => {
    if (!own) throw error;
    return {}; // none for this system, but it has one itself
  });
  const environment = { ...drivers, ASGD_ADAPTER: 'software' };
  const software = await ask({ ...process.env, ...environment });
  if (!software) throw new Error('WebGPU found no adapter, not even one in software.');
  Object.assign(process.env, environment);
  return software;
}

const program = `
  import { create } from 'webgpu';
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter) {
    const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
    const features = [...adapter.features];
    console.log(JSON.stringify({ vendor, architecture, description, isFallbackAdapter, features }));
  }
`;

/** In a process of its own: a process finds its drivers once. */
async function ask(env: NodeJS.ProcessEnv): Promise<Adapter | undefined> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: packageFolder(),
    env,
  });
  return stdout === '' ? undefined : describeAdapter(JSON.parse(stdout) as AdapterInfo); // our own program's
}

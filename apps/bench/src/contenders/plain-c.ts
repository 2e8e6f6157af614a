import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contender, Probe, Runner } from '../contender.ts';
import { LineProcess } from '../line-process.ts';
import { untilOpenMPSleeps } from '../openmp.ts';
import { packageFolder } from '../package-folder.ts';
import { hyper, makeBlock, t0Of, type Workload } from '../workload.ts';

/** Vectors as wide as the processor's; no fused multiply-add, which would round differently. */
const flags = ['-O3', '-march=native', '-ffp-contract=off', '-fopenmp'];

const source = (): string => join(packageFolder(), 'peers', 'plain.c');

/** The same fused loops in C, compiled when there is a compiler, in a process of its own that takes turns with us. */
export const plainC: Contender = {
  id: 'plain-c',
  label: 'the loop in C',
  maxThreads: 2,
  peers: [],
  exactness: { kind: 'bits' },
  compiledLate: false,
  probe,
  declines: () => undefined,
  open: start,
  async release() {
    const program = await running?.catch(() => undefined); // one that did not compile left nothing
    running = undefined;
    await program?.child.close();
    if (program) await rm(program.folder, { recursive: true });
  },
};

interface Program {
  readonly child: LineProcess;
  readonly folder: string;
}

/** One process for all workloads, compiled when it is first wanted. */
let running: Promise<Program> | undefined;

async function probe(): Promise<Probe> {
  try {
    const { stdout } = await promisify(execFile)('cc', ['--version']);
    return { available: true, version: `${stdout.split('\n')[0] ?? ''}, -O3 -march=native` };
  } catch {
    return { available: false, reason: 'there is no C compiler: `cc --version` does not work' };
  }
}

async function compile(): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'asgd-bench-'));
  const program = join(folder, 'plain');
  try {
    await promisify(execFile)('cc', [...flags, source(), '-o', program, '-lm']);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
  return { child: new LineProcess(program, []), folder };
}

async function start(workload: Workload, threads: number): Promise<Runner> {
  running ??= compile();
  const { child } = await running;
  const { tensors, length, dtype } = workload;
  const { lr, lambd, alpha } = hyper;
  const { parameter, gradient } = makeBlock();
  const width = dtype === 'float32' ? 4 : 8;
  const setting = [tensors, length, width, threads, lr, lambd, alpha, t0Of(workload)];
  await child.ask(['open', ...setting, parameter.length, ...parameter, ...gradient].join(' '));
  const arrayOf = { float32: Float32Array, float64: Float64Array }[dtype];
  const values = async (
    what: 'parameter' | 'average',
    tensor: number,
  ): Promise<Float32Array | Float64Array> =>
    arrayOf.from((await child.ask(`${what} ${tensor}`)).split(' ').map(Number));
  return {
    async run(steps) {
      const milliseconds = Number(await child.ask(`run ${steps}`));
      if (threads > 1) await untilOpenMPSleeps();
      return milliseconds;
    },
    read: async (tensor) => ({
      parameter: await values('parameter', tensor),
      average: await values('average', tensor),
    }),
    async close() {
      await child.ask('close');
    },
  };
}

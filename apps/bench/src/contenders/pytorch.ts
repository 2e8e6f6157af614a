import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contender, Probe, Runner } from '../contender.ts';
import { LineProcess } from '../line-process.ts';
import { untilOpenMPSleeps } from '../openmp.ts';
import { packageFolder } from '../package-folder.ts';
import { hyper, makeBlock, t0Of, type Workload } from '../workload.ts';

/** Importing PyTorch for the first time reads hundreds of megabytes. */
const probeTimeout = 120_000;

/**
 * `torch.optim.ASGD` on the CPU, in a Python process of its own that takes turns with us. Both of its paths are
 * contenders: one loop per tensor, or all tensors at once.
 */
export function pytorch(python: string, path: 'single' | 'foreach'): Contender {
  // One process for all workloads: importing PyTorch takes seconds.
  let child: LineProcess | undefined;
  return {
    id: `pytorch-${path}`,
    product: 'PyTorch',
    label: path === 'single' ? 'PyTorch, foreach=False' : 'PyTorch, foreach=True',
    maxThreads: 2,
    peers: [],
    // Its kernels fuse multiply and add: some ulp in four steps. Its foreach path computes eta in float32, which differs
    // in an ulp of that: a step of 1e-3 differs by 2^-34.
    exactness: { kind: 'ulp', bound: { float32: 16, float64: path === 'foreach' ? 2 ** 20 : 16 } },
    compiledLate: false,
    probe: () => probe(python),
    declines: () => undefined,
    open(workload, threads) {
      child ??= new LineProcess(python, ['-u', join(packageFolder(), 'peers', 'pytorch.py')]);
      return start(child, path, workload, threads);
    },
    release: async () => child?.close(),
  };
}

async function probe(python: string): Promise<Probe> {
  const code = 'import platform, torch; print(torch.__version__, "on Python", platform.python_version())';
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', code], { timeout: probeTimeout });
    return { available: true, version: stdout.trim() };
  } catch (error) {
    const said = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error);
    return {
      available: false,
      reason: `${python} -c 'import torch' does not work (${said}): name a Python that has it with --python`,
    };
  }
}

async function start(
  child: LineProcess,
  path: 'single' | 'foreach',
  workload: Workload,
  threads: number,
): Promise<Runner> {
  const { lr, lambd, alpha } = hyper;
  const { tensors, length, dtype } = workload;
  await ask(child, {
    do: 'open',
    tensors,
    length,
    dtype,
    threads,
    block: makeBlock(),
    options: { lr, lambd, alpha, t0: t0Of(workload), foreach: path === 'foreach' },
  });
  const arrayOf = { float32: Float32Array, float64: Float64Array }[dtype];
  return {
    async run(steps) {
      const { milliseconds = NaN } = await ask(child, { do: 'run', steps });
      if (threads > 1) await untilOpenMPSleeps();
      return milliseconds;
    },
    async read(tensor) {
      const { parameter = [], average = [] } = await ask(child, { do: 'read', tensor });
      return { parameter: arrayOf.from(parameter), average: arrayOf.from(average) };
    },
    async close() {
      await ask(child, { do: 'close' });
    },
  };
}

interface Answer {
  readonly error?: string;
  readonly milliseconds?: number;
  readonly parameter?: readonly number[];
  readonly average?: readonly number[];
}

async function ask(child: LineProcess, request: object): Promise<Answer> {
  const answer = JSON.parse(await child.ask(JSON.stringify(request))) as Answer; // our own script's
  if (answer.error !== undefined) throw new Error(`PyTorch: ${answer.error}`);
  return answer;
}

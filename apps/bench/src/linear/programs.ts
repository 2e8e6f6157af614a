import { execFile } from 'node:child_process';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Probe } from '../contender.ts';
import { packageFolder } from '../package-folder.ts';
import type { Loss } from './problem.ts';
import { type Stage, stepOf } from './stage.ts';

/** What a program is started for. */
interface Task {
  /** `train`: once, from file to weights. `serve`: answers the benchmark, line by line. */
  readonly mode: 'train' | 'serve';
  readonly loss: Loss;
  readonly epochs: number;
  /** Where it writes the weights. */
  readonly out: string;
}

/** A program that trains a linear classifier. */
export interface Program {
  readonly id: string;
  /** For people. */
  readonly label: string;
  /** Whether the epochs of others are measured against its own (`subject`), or the other way round; or not at all. */
  readonly role: 'subject' | 'peer' | 'no epochs of its own';
  /** Whether it goes through the rows as often as it is told. */
  readonly hasEpochs: boolean;
  /** Whether it takes the same steps as `@asgd/linear`, which is checked: the greatest difference of any weight. */
  readonly agreesWithin?: number;
  probe(): Promise<Probe>;
  /** The command line, the command first. */
  command(stage: Stage, task: Task): readonly [string, ...string[]];
}

/** @param python the Python that has scikit-learn and Vowpal Wabbit; @param c the compiled loop, if there is one */
export function allPrograms(
  python: string,
  c: string | undefined,
  execArgv: readonly string[] = process.execArgv,
): readonly Program[] {
  return [
    asgd('wasm', execArgv),
    asgd('typescript', execArgv),
    inC(c),
    inPython(python, 'sgd', 'scikit-learn SGDClassifier(average=True)', 'sklearn', 'peer'),
    inPython(python, 'liblinear', 'LIBLINEAR in scikit-learn', 'sklearn', 'no epochs of its own'),
    inPython(python, 'vw', 'Vowpal Wabbit', 'vowpalwabbit', 'no epochs of its own'),
  ];
}

function asgd(kernels: 'wasm' | 'typescript', execArgv: readonly string[]): Program {
  return {
    id: `asgd-${kernels}`,
    label: kernels === 'wasm' ? '@asgd/linear, WebAssembly' : '@asgd/linear, TypeScript',
    role: 'subject',
    hasEpochs: true,
    agreesWithin: 0,
    probe: async () => ({ available: true, version: `Node ${process.versions.node}` }),
    command: (stage, task) => [
      process.execPath,
      ...execArgv,
      asgdProgram(),
      ...argumentsOf(stage, stage.files.svm, task),
      kernels,
      task.out,
    ],
  };
}

function asgdProgram(): string {
  const isBuilt = extname(import.meta.url) === '.js';
  return join(packageFolder(), isBuilt ? 'dist/linear/asgd-process.js' : 'src/linear/asgd-process.ts');
}

function inC(program: string | undefined): Program {
  return {
    id: 'c',
    label: 'the same loop in C',
    role: 'peer',
    hasEpochs: true,
    // Sums have other orders, and exp is another one. A wrong order of rows is off by more than a thousandth.
    agreesWithin: 1e-6,
    async probe() {
      if (program === undefined) {
        return { available: false, reason: 'there is no C compiler: `cc --version` does not work' };
      }
      const { stdout } = await promisify(execFile)('cc', ['--version']);
      return { available: true, version: `${stdout.split('\n')[0] ?? ''}, -O3 -march=native` };
    },
    command: (stage, task) => [
      program ?? 'linear',
      ...argumentsOf(stage, stage.files.svm, task),
      String(stepOf(stage.problem, task.loss)),
      stage.files.order,
      task.out,
    ],
  };
}

function inPython(python: string, id: string, label: string, module: string, role: Program['role']): Program {
  return {
    id,
    label,
    role,
    hasEpochs: id !== 'liblinear',
    async probe() {
      const code = `import ${module}; print(${module}.__version__)`;
      try {
        const { stdout } = await promisify(execFile)(python, ['-c', code]);
        return { available: true, version: `${module} ${stdout.trim()}` };
      } catch {
        const reason = `${python} -c 'import ${module}' does not work: name a Python that has it with --python`;
        return { available: false, reason };
      }
    },
    command: (stage, task) => [
      python,
      join(packageFolder(), 'peers', 'linear.py'),
      ...argumentsOf(stage, id === 'vw' ? stage.files.vw : stage.files.svm, task),
      id,
      task.out,
    ],
  };
}

function argumentsOf({ problem }: Stage, file: string, { mode, loss, epochs }: Task): string[] {
  return [mode, file, String(problem.features), loss, String(problem.lambd), String(epochs)];
}

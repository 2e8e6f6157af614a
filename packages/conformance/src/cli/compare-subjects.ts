import { cwd, stderr, stdout } from 'node:process';
import { allCases, trainingRuns } from '../cases/index.ts';
import type { Comparison } from '../comparison.ts';
import { defaultSeed, defaultTimeout } from '../execute.ts';
import { matches, patternsOf, select, type Selection } from '../selection.ts';
import type { TrainingRun } from '../training-case.ts';
import { CommandError, type CompareArguments } from './arguments.ts';
import { Comparing } from './comparing.ts';
import { describeComparison } from './describe-comparison.ts';
import { exitCodes, onInterrupt } from './exit.ts';
import { InProcesses } from './processes.ts';
import { ResultFiles, toJSON } from './report-files.ts';
import { Progress } from './terminal.ts';

const exitCodeOf: Readonly<Record<Comparison['verdict'], number>> = {
  equal: exitCodes.passed,
  different: exitCodes.failed,
  incomplete: exitCodes.cannotRun,
  unfinished: exitCodes.cannotRun,
};

/**
 * Runs the same cases on two backends, each in processes of its own, and prints where their bits differ.
 * @throws CommandError, ArgumentError if it cannot start
 */
export async function compareSubjects(command: CompareArguments): Promise<number> {
  const { json, selection, sources, timeout = defaultTimeout } = command;
  const runs = await selectRuns(selection);
  const files = new ResultFiles<Comparison>(json === undefined ? [] : [{ path: json, render: toJSON }]);
  const loaded: InProcesses[] = [];
  const progress = new Progress(stderr, 'not equal');
  const stop = (): void => {
    for (const processes of loaded) processes.kill();
    progress.clear();
  };
  onInterrupt(stop);
  const load = async ({ module, exportName }: CompareArguments['sources'][0]): Promise<InProcesses> => {
    const source = { module, exportName, directory: cwd() };
    const processes = await InProcesses.load(source, { timeout, seed: defaultSeed });
    loaded.push(processes);
    return processes;
  };
  try {
    const comparing = new Comparing([await load(sources[0]), await load(sources[1])], selection);
    files.write(comparing.soFar());
    await comparing.run(runs, ({ id, outcome }) => {
      progress.show(id, outcome === 'different' || outcome === 'failed');
      files.update(() => comparing.soFar());
    });
    stop();
    const comparison = comparing.finish();
    files.write(comparison);
    stdout.write(describeComparison(comparison, stdout));
    return exitCodeOf[comparison.verdict];
  } finally {
    stop();
  }
}

/** @throws CommandError for a pattern that matches only cases that give nothing to compare */
async function selectRuns(selection: Selection): Promise<readonly TrainingRun[]> {
  const runs = await trainingRuns();
  const all = await allCases();
  for (const pattern of patternsOf(selection) ?? []) {
    const isMatched = ({ id }: { readonly id: string }): boolean => matches(pattern, id);
    if (runs.some(isMatched) || !all.some(isMatched)) continue;
    throw new CommandError(
      `The cases of '${pattern}' cannot be compared. Those can that train on given numbers, such as ` +
        `'step/*', 'magnitude/*', 'batch/*', 'schedule/*' and 'vectors/float32/*'.`,
    );
  }
  return select(runs, selection);
}

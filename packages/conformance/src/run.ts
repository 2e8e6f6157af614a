import type { Subject } from './case.ts';
import { type About, aboutOf, Examination, type ExaminationOptions } from './examination.ts';
import { defaultSeed, defaultTimeout } from './execute.ts';
import type { PlannedRun } from './plan.ts';
import { isAgainst, type Report, type Row } from './report.ts';
import { InThread, type Runner } from './runner.ts';

/** What runs, and who is told of it. */
export interface RunOptions extends ExaminationOptions {
  /** How long one case may take, in milliseconds. Default 300 000. */
  readonly timeout?: number;
  /** Whether the run ends at the first case that fails. */
  readonly bail?: boolean;
  /** Ends the run after the case that is running, such as an `AbortSignal`. A run that was ended does not pass. */
  readonly signal?: {
    /** Whether the run is to end. */
    readonly aborted: boolean;
  };
  /** Called before anything is opened, with a report in which nothing has run. */
  readonly onStart?: (report: Report) => void;
  /** Called when it is known how many cases will run. */
  readonly onPlan?: (count: number) => void;
  /** Called after every case. `soFar` gives the unfinished report of the run up to there. */
  readonly onRow?: (row: Row, soFar: () => Report) => void;
}

/**
 * Examines a backend, in this thread. Resolves to a report whatever the backend does, unless it blocks the thread or
 * ends the process, which the command asgd-conformance survives too.
 * @throws ArgumentError for incomplete expectations, and for a selection without cases
 */
export async function run<Engine = unknown>(
  subject: Subject<Engine>,
  options: RunOptions = {},
): Promise<Report> {
  const { timeout = defaultTimeout, seed = defaultSeed } = options;
  return examine(aboutOf(subject), new InThread(subject, { timeout, seed }), options);
}

/** Has a runner run the cases, and reports. @throws ArgumentError as {@link run} */
export async function examine(
  about: About,
  runner: Runner,
  options: Omit<RunOptions, 'timeout'>,
): Promise<Report> {
  const { bail = false, signal, onStart = () => {}, onPlan = () => {}, onRow = () => {} } = options;
  const examination = await Examination.of(about, options);
  const soFar = (): Report => examination.soFar();
  onStart(soFar());
  const found = await runner.inspect();
  if (typeof found === 'string') {
    return examination.finish([`No case ran, because the backend could not be opened: ${found}`]);
  }
  const planned = examination.plan(found);
  const toRun: PlannedRun[] = [];
  for (const item of planned) {
    if (item.kind === 'run') toRun.push(item);
    else onRow(examination.passOver(item), soFar);
  }
  onPlan(toRun.length);
  let count = 0;
  const problems = await runner.run(
    toRun.map((item) => item.case),
    (at, outcome) => {
      const row = examination.add(toRun[at] as PlannedRun, outcome);
      count++;
      onRow(row, soFar);
      return !(bail && isAgainst(row)) && !signal?.aborted;
    },
  );
  const stopped = count < toRun.length && signal?.aborted;
  const why = stopped ? [`The run was stopped when ${count} of ${toRun.length} cases had run.`] : [];
  return examination.finish([...why, ...problems]);
}

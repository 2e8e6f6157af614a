// The process that a subject runs in: what a backend does to it, the command survives and reports.
import process from 'node:process';
import { allCases, trainingRuns } from '../cases/index.ts';
import { aboutOf } from '../examination.ts';
import { recording } from '../recording.ts';
import { InThread } from '../runner.ts';
import { CommandError } from './arguments.ts';
import type { Answer, Request } from './messages.ts';
import { OpenResources } from './open-resources.ts';
import { loadSubject } from './subject.ts';
import type { TrainingRun } from '../training-case.ts';

const exit = process.exit.bind(process);
const send = process.send?.bind(process);

let runner: InThread<unknown> | undefined;
let runs: ReadonlyMap<string, TrainingRun> | undefined;
const resources = new OpenResources();

process.on('message', (request: Request) => void serve(request));
process.on('disconnect', quit);
process.on('SIGINT', () => {}); // of a terminal: the command gets it too, and decides

/** The command is gone. */
function quit(): void {
  exit(1);
}

async function serve(request: Request): Promise<void> {
  if (request.kind === 'load') await answer(await load(request));
  else if (runner === undefined) throw new Error('No subject has been loaded.');
  else if (request.kind === 'inspect') await answer({ kind: 'inspected', found: await runner.inspect() });
  else if (request.kind === 'record') await record(runner, request.id);
  else await run(runner, request.ids);
}

async function load({
  module,
  exportName,
  directory,
  timeout,
  seed,
}: Request & { kind: 'load' }): Promise<Answer> {
  try {
    const subject = await loadSubject(module, exportName, directory);
    resources.reset();
    runner = new InThread(subject, { timeout, seed, checkAfter: () => resources.check() });
    return { kind: 'loaded', about: aboutOf(subject) };
  } catch (error) {
    if (error instanceof CommandError) return { kind: 'not-loaded', message: error.message };
    throw error;
  }
}

async function run(runsCases: InThread<unknown>, ids: readonly string[]): Promise<void> {
  const cases = new Map((await allCases()).map((item) => [item.id, item]));
  const chosen = ids.flatMap((id) => cases.get(id) ?? []);
  const problems = await runsCases.run(chosen, (_, outcome) => {
    void answer({ kind: 'case-ended', outcome });
    return true;
  });
  await answer({ kind: 'ended', problems });
  if (resources.hasLeaked) exit(0); // a case has failed for it
  process.off('disconnect', quit);
  process.disconnect(); // nothing of the command's keeps this process running now
}

async function record(runsCases: InThread<unknown>, id: string): Promise<void> {
  runs ??= new Map((await trainingRuns()).map((item) => [item.id, item]));
  const chosen = runs.get(id);
  if (!chosen) throw new Error(`There is no case ${id}.`);
  const recorded = recording(chosen, (observed) => answer({ kind: 'observed', observed }));
  await answer({ kind: 'case-ended', outcome: await runsCases.runOne(recorded) });
}

/** Resolves when it has been sent. */
function answer(message: Answer): Promise<void> {
  return new Promise((resolve) => {
    if (send) send(message, () => resolve());
    else resolve();
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../machine.ts';
import { type EpochRow, measureEpochs } from './epochs.ts';
import { losses, type Problem } from './problem.ts';
import { allPrograms } from './programs.ts';
import { type Finish, race } from './race.ts';
import type { LinearReport } from './report.ts';
import { compileC, prepare, type Stage } from './stage.ts';
import { judgeLinear } from './targets.ts';

/** How a run about linear models is made and followed. */
export interface LinearCourse {
  readonly python: string;
  /** Only epochs, and few of them. */
  readonly isQuick: boolean;
  readonly hasTargets: boolean;
  follow(what: string, done: number, all: number): void;
  /** Takes what is known after each part: a run that is stopped has not been for nothing. */
  keep(report: LinearReport): Promise<unknown>;
  /** How Node is to be started. */
  readonly execArgv?: readonly string[];
}

/** Measures all programs on all problems, side by side. */
export async function benchLinear(
  problems: readonly (() => Problem)[],
  { python, isQuick, hasTargets, follow, keep, execArgv }: LinearCourse,
): Promise<LinearReport> {
  const started = new Date();
  const machine = describeMachine();
  const folder = mkdtempSync(join(tmpdir(), 'asgd-bench-linear-'));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clean); // when it is stopped: the files are large
  try {
    const c = await compileC(folder).catch(() => undefined);
    const programs = allPrograms(python, c, execArgv);
    const probes = new Map(
      await Promise.all(programs.map(async ({ id, probe }) => [id, await probe()] as const)),
    );
    const present = programs.filter(({ id }) => probes.get(id)?.available);
    const timed = present.filter(({ role }) => role !== 'no epochs of its own');
    const entrants = programs.flatMap(({ id, label, role }) => {
      const probe = probes.get(id);
      return probe ? [{ id, label, role, probe }] : [];
    });
    const stages: Stage[] = [];
    for (const make of problems) stages.push(await prepare(make(), folder));
    const parts = losses.flatMap((loss) => stages.map((stage) => ({ stage, loss })));
    const epochs: EpochRow[] = [];
    const finishes: Finish[] = [];
    const failures: string[] = [];
    const report = (): LinearReport => ({
      started,
      machine,
      problems: stages.map(({ problem: { id, label } }) => ({ id, label })),
      programs: entrants,
      failures,
      epochs,
      finishes,
      judgements: hasTargets ? judgeLinear(epochs, finishes) : [],
    });
    for (const [done, { stage, loss }] of parts.entries()) {
      follow(`${stage.problem.label}, ${loss}`, done, parts.length);
      try {
        epochs.push(...(await measureEpochs(stage, loss, timed, isQuick ? 5 : 9)));
        if (!isQuick) finishes.push(...(await race(stage, loss, present, 3)));
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        failures.push(`${stage.problem.label}, ${loss}: ${what}`);
      }
      await keep(report());
    }
    return report();
  } finally {
    clean();
    process.off('exit', clean);
  }
}

import type { Backend } from '@asgd/core';
import { vi } from 'vitest';
import type { Case } from '../../src/case.ts';
import type { Report } from '../../src/report.ts';
import { type Module, type OptimizerFault, withFault } from './optimizers.ts';

// Imports the suite again, because a module of core may have been replaced. So nothing of the suite is imported above.

/** What the suite says about a mutant. */
export interface Verdict {
  readonly passed: boolean;
  /** The named cases that failed. */
  readonly caughtBy: readonly string[];
}

/** Runs the requested cases. */
export async function examine(
  isWanted: (item: Case) => boolean,
  open: () => Promise<Backend>,
  timeout?: number,
): Promise<Report> {
  const { run } = await import('../../src/run.ts');
  const { allCases } = await import('../../src/cases/index.ts');
  const cases = (await allCases()).filter(isWanted);
  return run({ name: 'mutant', open }, { cases, thorough: true, ...(timeout !== undefined && { timeout }) });
}

/** The verdict on a mutant, and which of the cases that should catch it do. */
export async function verdictOn(
  names: readonly string[],
  open: () => Promise<Backend>,
  timeout?: number,
): Promise<Verdict> {
  const { rows, passed } = await examine(({ id }) => names.includes(id), open, timeout);
  return {
    passed,
    caughtBy: names.filter((name) => rows.some(({ id, outcome }) => id === name && outcome === 'fail')),
  };
}

/** Replaces a module of core with a faulty one, for everything that is loaded from now on. */
export function replaceModule(fault: OptimizerFault): void {
  vi.resetModules();
  vi.doMock(pathOf(fault.module), async (importHonest) => withFault(await importHonest<Module>(), fault));
}

/** Undoes `replaceModule`. */
export function restoreModules(faults: readonly OptimizerFault[]): void {
  for (const { module } of faults) vi.doUnmock(pathOf(module));
  vi.resetModules();
}

function pathOf(module: string): string {
  return new URL(`../../../core/src/${module}`, import.meta.url).pathname;
}

import type { Backend } from '@asgd/core';
import { vi } from 'vitest';
import type { Case } from '../../src/case.ts';
import type { Report } from '../../src/report.ts';
import { type Module, type OptimizerFault, withFault } from './optimizers.ts';

// Loads whatever has been reset: a module of core may have been replaced. So nothing of the suite is imported above.

/** What the suite says of a mutant. */
export interface Verdict {
  readonly passed: boolean;
  /** Those of the cases named that failed. */
  readonly caughtBy: readonly string[];
}

/** Runs the cases wanted. */
export async function examine(
  isWanted: (item: Case) => boolean,
  open: () => Promise<Backend>,
): Promise<Report> {
  const { run } = await import('../../src/run.ts');
  const { allCases } = await import('../../src/cases/index.ts');
  const cases = (await allCases()).filter(isWanted);
  return run({ name: 'mutant', open }, { cases });
}

/** The verdict on a mutant, and which of the cases that should catch it do. */
export async function verdictOn(names: readonly string[], open: () => Promise<Backend>): Promise<Verdict> {
  const { rows, passed } = await examine(({ id }) => names.includes(id), open);
  return {
    passed,
    caughtBy: names.filter((name) => rows.some(({ id, outcome }) => id === name && outcome === 'fail')),
  };
}

/** Puts a faulty module of core in the place of the honest one, for everything that is loaded from now on. */
export function replaceModule(fault: OptimizerFault): void {
  vi.resetModules();
  vi.doMock(pathOf(fault.module), async (importHonest) => withFault(await importHonest<Module>(), fault));
}

/** Ends what `replaceModule` has begun. */
export function restoreModules(faults: readonly OptimizerFault[]): void {
  for (const { module } of faults) vi.doUnmock(pathOf(module));
  vi.resetModules();
}

function pathOf(module: string): string {
  return new URL(`../../../core/src/${module}`, import.meta.url).pathname;
}

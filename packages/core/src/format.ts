import { describe } from './describe.ts';
import type { ParamGroup } from './groups.ts';
import { isTensor } from './tensor.ts';

/** The groups with their options in alphabetical order, one per line. */
export function formatOptimizer(groups: readonly ParamGroup[]): string {
  return ['ASGD (', ...groups.flatMap(formatGroup), ')'].join('\n');
}

function formatGroup({ extra, ...options }: ParamGroup, index: number): string[] {
  const lines = Object.entries({ ...options, ...extra })
    .filter(([key]) => key !== 'params')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `    ${key}: ${format(value)}`);
  return [`Parameter Group ${index}`, ...lines];
}

function format(value: unknown): string {
  return typeof value === 'string' || isTensor(value) ? String(value) : describe(value);
}

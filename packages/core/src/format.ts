import type { ParamGroup } from './groups.ts';

/** The groups with their options in alphabetical order, one a line. */
export function formatOptimizer(groups: readonly ParamGroup[]): string {
  return ['ASGD (', ...groups.flatMap(formatGroup), ')'].join('\n');
}

function formatGroup(group: ParamGroup, index: number): string[] {
  const lines = Object.keys(group)
    .filter((key) => key !== 'params')
    .toSorted()
    .map((key) => `    ${key}: ${String(group[key])}`);
  return [`Parameter Group ${index}`, ...lines];
}

import type { ParamGroup } from './groups.ts';

/** The groups with their options in alphabetical order, one a line. */
export function formatOptimizer(groups: readonly ParamGroup[]): string {
  return ['ASGD (', ...groups.flatMap(formatGroup), ')'].join('\n');
}

function formatGroup(group: ParamGroup, index: number): string[] {
  const { params, ...rest } = group;
  const lines = Object.keys(rest)
    .sort()
    .map((key) => `    ${key}: ${String(rest[key])}`);
  return [`Parameter Group ${index}`, ...lines];
}

import type { Failure, Operation, Subject } from './case.ts';

const operations: readonly Operation[] = ['allocate', 'write', 'read', 'copy', 'step'];

/** What a subject can make go wrong. */
export function failuresOf<Engine>({
  limitMemory,
  loseDevice,
  failNext = {},
}: Subject<Engine>): readonly Failure[] {
  return [
    ...(limitMemory ? (['limitMemory'] as const) : []),
    ...(loseDevice ? (['loseDevice'] as const) : []),
    ...operations.filter((name) => failNext[name]).map((name) => `failNext.${name}` as const),
  ];
}

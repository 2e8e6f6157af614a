import { ArgumentError } from '@asgd/core';
import type { Case } from './case.ts';

/** Which cases to run: those of a level that match any of `only`, and of these the ones in a shard. */
export interface Selection {
  /** The id of a case, or a pattern in which `*` stands for any text; or several of them. Default: every case. */
  readonly only?: string | readonly string[];
  /** Every `count`-th case, from the `index`-th on, counted from 1. The shards of a run make up the whole of it. */
  readonly shard?: Shard;
  /** Whether the thorough cases are among them: tensors of 2^24 elements, 5000 tensors, 10 000 launches. Default: no. */
  readonly thorough?: boolean;
}

/** One of the parts that a run is divided into. */
export interface Shard {
  /** Which one, counted from 1. */
  readonly index: number;
  /** How many there are. */
  readonly count: number;
}

/** Whether an id, or a pattern in which `*` stands for any text, is the whole of a case's id. */
export function matches(pattern: string, id: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(id);
}

/** What `only` lists. */
export function patternsOf({ only }: Selection): readonly string[] | null {
  if (only === undefined) return null;
  return typeof only === 'string' ? [only] : only;
}

/** @throws ArgumentError for a pattern that matches no case, and for a shard that does not exist */
export function select<Item extends Case>(all: readonly Item[], selection: Selection): readonly Item[] {
  const cases = all.filter(({ isThorough }) => !isThorough || selection.thorough);
  const patterns = patternsOf(selection);
  for (const pattern of patterns ?? []) checkPattern(pattern, cases);
  const { index, count } = checkShard(selection.shard ?? { index: 1, count: 1 });
  return cases
    .filter(({ id }) => patterns === null || patterns.some((pattern) => matches(pattern, id)))
    .filter((_, at) => at % count === index - 1);
}

function checkPattern(pattern: string, cases: readonly Case[]): void {
  if (cases.some(({ id }) => matches(pattern, id))) return;
  const wider = [`${pattern}*`, `${pattern}/*`, `*${pattern}*`].find((candidate) =>
    cases.some(({ id }) => matches(candidate, id)),
  );
  const advice =
    wider === undefined ? adviceWithout(pattern) : `Write '${wider}' for every id with this text.`;
  throw new ArgumentError(`No case matches '${pattern}', where * stands for any text. ${advice}`);
}

function adviceWithout(pattern: string): string {
  return pattern.startsWith('thorough/') ? 'Ask for the thorough cases too.' : 'Correct it.';
}

function checkShard(shard: Shard): Shard {
  const { index, count } = shard;
  if (Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count) return shard;
  throw new ArgumentError(
    `The shard is ${index} of ${count}: expected whole numbers, such as 1 of 4, 2 of 4, up to 4 of 4.`,
  );
}

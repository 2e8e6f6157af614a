import type { Case, Context, Needs } from './case.ts';
import type { Manner } from './replay.ts';

/** A case that trains, and that holds in whatever manner it trains. */
export interface TrainingCase {
  readonly id: string;
  readonly spec: string;
  readonly needs: Needs;
  /** Too large to be repeated in every manner. */
  readonly isLarge?: true;
  train(context: Context, manner: Manner): Promise<void>;
}

/** The case in one manner; `prefix` tells its id from those in other manners. */
export function asCase(
  { id, spec, needs, train }: TrainingCase,
  { prefix = '', manner = {}, needs: more = {} }: { prefix?: string; manner?: Manner; needs?: Needs } = {},
): Case {
  return {
    id: prefix + id,
    spec,
    needs: { ...needs, ...more },
    run: (context) => train(context, manner),
  };
}

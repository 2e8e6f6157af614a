import type { Case, Context, Needs } from './case.ts';
import type { Mode } from './run-trace.ts';

/** A case that trains, and must pass in every mode. */
export interface TrainingCase {
  readonly id: string;
  readonly spec: string;
  readonly needs: Needs;
  /** Too large to be repeated in every mode. */
  readonly isLarge?: true;
  train(context: Context, mode: Mode): Promise<void>;
}

/** The case in one mode; `prefix` distinguishes its id from those in other modes. */
export function asCase(
  { id, spec, needs, train }: TrainingCase,
  { prefix = '', mode = {}, needs: more = {} }: { prefix?: string; mode?: Mode; needs?: Needs } = {},
): Case {
  return {
    id: prefix + id,
    spec,
    needs: { ...needs, ...more },
    run: (context) => train(context, mode),
  };
}

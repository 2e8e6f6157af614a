import type { Case, Context, Needs } from './case.ts';
import type { Mode } from './run-trace.ts';
import type { Trace } from './trace.ts';

/** A case that trains, and must pass in every mode. */
export interface TrainingCase {
  readonly id: string;
  readonly spec: string;
  readonly needs: Needs;
  /** Too large to be repeated in every mode. */
  readonly isLarge?: true;
  /** What it trains: made at every call, since all of them would fill the memory. */
  trace(): Trace;
  train(context: Context, mode: Mode): Promise<void>;
}

/** A training case in one mode. */
export interface TrainingRun extends Case {
  readonly mode: Mode;
  trace(): Trace;
}

/** The case in one mode; `prefix` distinguishes its id from those in other modes. */
export function asCase(
  { id, spec, needs, trace, train }: TrainingCase,
  { prefix = '', mode = {}, needs: more = {} }: { prefix?: string; mode?: Mode; needs?: Needs } = {},
): TrainingRun {
  return {
    id: prefix + id,
    spec,
    needs: { ...needs, ...more },
    mode,
    trace,
    run: (context) => train(context, mode),
  };
}

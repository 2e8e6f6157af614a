import type { Cohort } from './cohort.ts';
import type { Cohorts } from './cohorts.ts';
import type { State } from './state.ts';
import type { RecordedStep } from './tape.ts';
import type { Parameter } from './tensor.ts';

/** What an optimizer remembers about its parameters. */
export interface Memory {
  readonly states: ReadonlyMap<Parameter, State>;
  /** The states of the parameters that have taken a step. */
  readonly stepped: Map<Parameter, State>;
  /** By group. */
  readonly cohorts: readonly Cohorts[];
  /** The steps of differentiable groups. */
  tape: RecordedStep[];
  /** What the current step launches; empty between steps. */
  readonly launches: Cohort[];
}

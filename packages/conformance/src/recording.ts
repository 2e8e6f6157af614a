import type { RealArray } from '@asgd/core';
import { countAssertion } from './assertions.ts';
import type { Case } from './case.ts';
import { MismatchError } from './compare.ts';
import type { Observed } from './observe.ts';
import { realOf } from './rounding.ts';
import { runTrace } from './run-trace.ts';
import type { ParameterSpec } from './trace.ts';
import type { TrainingRun } from './training-case.ts';

/** The case without its judgement: what the backend gives is handed on, to be compared with what another gives. */
export function recording(
  run: TrainingRun,
  onObserved: (observed: readonly Observed[]) => Promise<void>,
): Case {
  return {
    ...run,
    async run({ backend }) {
      const trace = run.trace();
      for await (const observed of runTrace(trace, backend, run.mode)) {
        for (const [index, spec] of trace.parameters.entries()) checkForm(index, spec, observed[index]);
        await onObserved(observed);
      }
    },
  };
}

/** @throws MismatchError unless there are as many reals as the parameter has, in its dtype */
function checkForm(index: number, spec: ParameterSpec, observed: Observed | undefined): void {
  countAssertion();
  const isRight = (values: RealArray | undefined): boolean =>
    values?.constructor === (realOf(spec.dtype) === 'float32' ? Float32Array : Float64Array) &&
    values.length === spec.initial.length;
  if (isRight(observed?.values) && (!observed?.state || isRight(observed.state.ax))) return;
  throw new MismatchError(
    `parameter ${index} or its average was not read as ${spec.initial.length} values of ${realOf(spec.dtype)}.`,
  );
}

import type { DType } from '@asgd/core';
import type { Case, Context } from '../case.ts';
import { compare, MismatchError } from '../compare.ts';
import { checkSchedule } from '../exact.ts';
import type { Observed } from '../observe.ts';
import { type Mode, runTrace } from '../run-trace.ts';
import type { TrainingCase } from '../training-case.ts';
import {
  boundAfter,
  decodeTrace,
  dtypesOf,
  loadVectors,
  needsSubnormals,
  raiseScale,
  type RecordedParameter,
  type StoredTrace,
  withinBound,
} from '../vectors.ts';
import { closedFormCases } from './vectors/closed-form.ts';
import { derivativeVectorCases } from './vectors/derivatives.ts';
import { finiteDifferenceCases } from './vectors/finite-differences.ts';
import { tensorVectorCases } from './vectors/on-tensors.ts';

/** Trains on PyTorch's inputs and compares every step with PyTorch's results. */
export async function vectorCases(): Promise<readonly TrainingCase[]> {
  const files = await loadVectors();
  return files.flatMap(({ dtype, traces }) => traces.map((trace) => vectorCase(trace, dtype)));
}

/**
 * Training with the schedule in tensors, and differentiating. Results are compared with PyTorch's and, where that is
 * not enough, with formulas and with differences of losses.
 */
export async function furtherVectorCases(): Promise<readonly Case[]> {
  const [onTensors, derivatives] = await Promise.all([tensorVectorCases(), derivativeVectorCases()]);
  return [...onTensors, ...derivatives, ...closedFormCases, ...finiteDifferenceCases];
}

function vectorCase(trace: StoredTrace, fileDType: DType): TrainingCase {
  return {
    id: `vectors/${fileDType}/${trace.id}`,
    spec: 'Update',
    needs: {
      dtypes: [...new Set(dtypesOf(trace, fileDType))],
      ...(needsSubnormals(trace) && { subnormals: 'keep' }),
    },
    trace: () => decodeTrace(trace, fileDType),
    train: (context, mode) => trainAsRecorded(trace, fileDType, context, mode),
  };
}

async function trainAsRecorded(
  stored: StoredTrace,
  fileDType: DType,
  { backend, recordUlp }: Context,
  mode: Mode,
): Promise<void> {
  const trace = decodeTrace(stored, fileDType);
  const scales = trace.parameters.map(({ initial }) => {
    const scale = new Float64Array(initial.length);
    raiseScale(scale, initial);
    return scale;
  });
  let stepNumber = 0;
  for await (const observed of runTrace(trace, backend, mode)) {
    const bound = boundAfter(stepNumber, backend.capabilities);
    const recorded = trace.recorded[stepNumber - 1] ?? [];
    for (const [index, theirs] of recorded.entries()) {
      const scale = scales[index] ?? new Float64Array(0);
      raiseScale(scale, theirs.values);
      const what = `parameter ${index} after step ${stepNumber}`;
      checkRecorded(what, observed[index], theirs, { scale, bound, recordUlp });
    }
    stepNumber++;
  }
}

interface Judgement {
  readonly scale: Float64Array;
  readonly bound: number;
  readonly recordUlp: (ulp: number) => void;
}

function checkRecorded(
  what: string,
  ours: Observed | undefined,
  theirs: RecordedParameter,
  { scale, bound, recordUlp }: Judgement,
): void {
  if (!ours) throw new MismatchError(`${what} does not exist.`);
  compare(what, ours.values, withinBound(theirs.values, scale, bound), recordUlp);
  if (!theirs.state) {
    if (ours.state) throw new MismatchError(`${what} has state, although it never had a gradient.`);
    return;
  }
  const { ax } = checkSchedule(what, ours.state, theirs.state);
  compare(`the average of ${what}`, ax, withinBound(theirs.state.ax, scale, bound), recordUlp);
}

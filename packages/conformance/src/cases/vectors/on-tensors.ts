import type { Backend, DType, RealArray } from '@asgd/core';
import type { Case, Context, Needs } from '../../case.ts';
import { compare, exactly, MismatchError } from '../../compare.ts';
import { checkSchedule, scheduleBounds } from '../../exact.ts';
import type { Observed, ObservedState } from '../../observe.ts';
import { withFixedGradient } from '../../placement.ts';
import { defaultOptions, firstSchedule, type Schedule, type UpdateOptions } from '../../reference.ts';
import { type Mode, runTrace } from '../../run-trace.ts';
import { ulpOf } from '../../rounding.ts';
import { dtypesOf, type RecordedParameter } from '../../vectors.ts';
import {
  decodeTensorTrace,
  loadTensorTraces,
  type StoredTensorTrace,
  type TensorTrace,
} from '../../vectors-on-tensors.ts';
import { type Computed, etaUlp, Nearness } from './nearness.ts';

/**
 * Trains with `lr` in tensors and with capturable groups, and compares with PyTorch twice: with its run on plain
 * options, within the latitude of the backend, and with its run on a schedule in tensors, within the manifest's bounds.
 * Where the host sees the memory, tensors and captured steps change no bit.
 */
export async function tensorVectorCases(): Promise<readonly Case[]> {
  const traces = await loadTensorTraces();
  return traces.flatMap((trace) =>
    isCapturable(trace)
      ? (['step', 'replay', 'in-turn'] as const).map((steps) => vectorCase(trace, `/${steps}`, { steps }))
      : [vectorCase(trace, ''), vectorCase(trace, '/lr-elsewhere')],
  );
}

function isCapturable({ groups }: Pick<StoredTensorTrace, 'groups'>): boolean {
  return groups.some(({ options }) => options.capturable);
}

function vectorCase(trace: StoredTensorTrace, suffix: string, mode: Mode = {}): Case {
  const lrElsewhere = suffix === '/lr-elsewhere';
  const dtypes = [...dtypesOf(trace, 'float32'), ...trace.learningRates.map(({ dtype }) => dtype)];
  return {
    id: `vectors/${trace.id}${suffix}`,
    spec: isCapturable(trace) ? 'Capturable' : 'Tensor learning rate',
    needs: needsOf([...new Set(dtypes)], lrElsewhere),
    run: async (context) => {
      const lrBackend = lrElsewhere ? await context.open() : context.backend;
      await trainOnTensors(decodeTensorTrace(trace), context, { ...mode, lrBackend });
    },
  };
}

/** The host reads a tensor that is on another backend than the parameters. */
function needsOf(dtypes: readonly DType[], lrElsewhere: boolean): Needs {
  return { dtypes, schedules: true, ...(lrElsewhere && { hostVisible: true }) };
}

async function trainOnTensors(
  trace: TensorTrace,
  { backend, recordUlp }: Context,
  mode: Mode,
): Promise<void> {
  const placement = withFixedGradient;
  const courses = trace.parameters.flatMap((_, index) => [
    new Course(trace, index, 'plain', backend, recordUlp),
    new Course(trace, index, 'on tensors', backend, () => {}),
  ]);
  const twin = backend.capabilities.hostVisible
    ? runTrace(trace, backend, { placement, capturable: false })
    : undefined;
  let stepNumber = 0;
  for await (const observed of runTrace(trace, backend, {
    ...mode,
    placement,
    lrTensors: trace.learningRates,
  })) {
    const plain = await twin?.next();
    for (const [index, ours] of observed.entries()) {
      const what = `parameter ${index} after step ${stepNumber}`;
      const theirs = plain?.value?.[index];
      if (theirs) checkSame(`${what}, against plain options,`, ours, theirs);
    }
    if (stepNumber > 0) for (const course of courses) course.check(stepNumber - 1, observed);
    stepNumber++;
  }
}

/** The course of one parameter through a trace, compared with the record. */
class Course {
  readonly #index: number;
  readonly #trace: TensorTrace;
  readonly #recorded: readonly (readonly RecordedParameter[])[];
  readonly #computed: Computed;
  readonly #bounds: ReturnType<typeof scheduleBounds>;
  readonly #nearness: Nearness;
  readonly #recordUlp: (ulp: number) => void;
  #options: UpdateOptions;
  #etaUlp = 0;
  #ours: Schedule | null = null;
  #theirs: Schedule | null = null;

  constructor(
    trace: TensorTrace,
    index: number,
    record: 'plain' | 'on tensors',
    backend: Backend,
    recordUlp: (ulp: number) => void,
  ) {
    this.#trace = trace;
    this.#index = index;
    this.#recorded = record === 'plain' ? trace.recorded : trace.recordedOnTensors;
    this.#computed = record === 'plain' ? 'as SPEC.md says' : computedOnTensors(trace, this.#group);
    const { hostVisible, contraction } = backend.capabilities;
    this.#bounds = scheduleBounds(backend);
    const decay = record === 'on tensors' && isCapturable(trace);
    const roundings = decay || !hostVisible || contraction === 'may';
    const initial = trace.parameters[index]?.initial ?? new Float32Array(0);
    this.#nearness = new Nearness(initial, { decay, roundings });
    this.#recordUlp = recordUlp;
    this.#options = { ...defaultOptions, ...trace.groups[this.#group]?.options };
  }

  /** @throws MismatchError */
  check(stepIndex: number, observed: readonly Observed[]): void {
    const step = this.#trace.steps[stepIndex];
    const ours = observed[this.#index];
    const theirs = this.#recorded[stepIndex]?.[this.#index];
    const what = `parameter ${this.#index} after step ${stepIndex + 1}`;
    if (!step || !ours || !theirs) throw new MismatchError(`${what} does not exist.`);
    this.#options = { ...this.#options, ...step.options?.[this.#group] };
    const gradient = step.gradients[this.#index];
    if (gradient) this.#advance(gradient, theirs);
    compare(what, ours.values, this.#nearness.ofParameter(), this.#recordUlp);
    const state = this.#checkState(what, ours.state, theirs.state);
    if (!state) return;
    const average = this.#nearness.ofAverage(state.theirs.ax);
    compare(`the average of ${what}`, state.ours.ax, average, this.#recordUlp);
    this.#ours = state.ours;
    this.#theirs = state.theirs;
  }

  #advance(gradient: RealArray, after: RecordedParameter): void {
    const first = firstSchedule(this.#options);
    const [ours, theirs] = [this.#ours ?? first, this.#theirs ?? first];
    this.#nearness.advance({ gradient, options: this.#options, ours, theirs }, after.values);
    this.#etaUlp = etaUlp(this.#computed, this.#options, theirs.step + 1);
  }

  #checkState(
    what: string,
    ours: ObservedState | null,
    theirs: RecordedParameter['state'],
  ): { ours: ObservedState; theirs: NonNullable<RecordedParameter['state']> } | null {
    if (!ours && !theirs) return null;
    if (!ours || !theirs) throw new MismatchError(`${what} has ${ours ? '' : 'no '}state, unlike PyTorch's.`);
    if (ours.step !== theirs.step) {
      throw new MismatchError(`The step of ${what} is ${ours.step}; expected ${theirs.step}.`);
    }
    checkFloat32(`The eta of ${what}`, ours.eta, theirs.eta, this.#etaUlp + this.#bounds.eta);
    // Where mu is 1, the average is a copy, and a blend would be wrong, however close.
    checkFloat32(`The mu of ${what}`, ours.mu, theirs.mu, theirs.mu === 1 ? 0 : this.#bounds.mu);
    return { ours, theirs };
  }

  get #group(): number {
    return this.#trace.groups.findIndex(({ parameters }) => parameters.includes(this.#index));
  }
}

function computedOnTensors({ learningRates, groups }: TensorTrace, group: number): Computed {
  const rate = learningRates.find((candidate) => candidate.groups.includes(group));
  if (rate) return rate.dtype === 'float32' ? 'from a float32 tensor' : 'as SPEC.md says';
  return groups[group]?.options.capturable ? 'from a number, capturable' : 'as SPEC.md says';
}

function checkFloat32(what: string, ours: number, theirs: number, bound: number): void {
  const ulp = Math.abs(ours - theirs) / ulpOf('float32', Math.max(ours, theirs));
  if (ulp <= bound && Math.fround(ours) === ours) return;
  throw new MismatchError(`${what} is ${ours}; expected ${theirs} within ${bound} ulp of float32.`);
}

function checkSame(what: string, ours: Observed, theirs: Observed): void {
  compare(what, ours.values, exactly(theirs.values), () => {});
  if (!ours.state && !theirs.state) return;
  if (!theirs.state) throw new MismatchError(`${what} has state.`);
  const { ax } = checkSchedule(what, ours.state, theirs.state);
  compare(`the average of ${what}`, ax, exactly(theirs.state.ax), () => {});
}

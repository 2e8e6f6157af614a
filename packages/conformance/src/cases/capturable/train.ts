import { ASGD, type Backend, type Parameter, type Tensor } from '@asgd/core';
import { countAssertion } from '../../assertions.ts';
import type { Context } from '../../case.ts';
import { compare, exactly, MismatchError, ulpDistance } from '../../compare.ts';
import { checkValues } from '../../exact.ts';
import { defaultOptions, nextSchedule, type Schedule, type UpdateOptions } from '../../reference.ts';
import type { Observed } from '../../replay.ts';
import { realOf, roundTo } from '../../rounding.ts';
import type { GroupSpec, StepSpec, Trace } from '../../trace.ts';
import { anyDType } from '../define.ts';
import { expect } from '../expect.ts';

/** What is on the device, and how the steps are taken. */
export interface Scheduling {
  /** `'replay'`: one step is recorded before the first, and replayed for each. */
  readonly taken?: 'step' | 'replay';
  /** A shape: then `lr` is a tensor of that shape, and what is edited is its value. */
  readonly lrShape?: readonly number[];
  readonly capturable?: boolean;
  readonly foreach?: boolean | undefined;
}

/** How far the schedule of a device may be from the host's, in ulp of float32 (SPEC.md, Capturable). */
const deviceBounds = { eta: 4, mu: 1 } as const;
const hostBounds = { eta: 0, mu: 0 } as const;

/**
 * Trains as a trace says, with the schedule wherever the backend has it. Where the host sees the memory, the schedule
 * is held to the reference's bits, elsewhere to its bounds; and the parameters and averages to what the reference
 * makes of the schedule that the backend showed before each step, bit for bit or within the backend's latitude.
 * @throws MismatchError
 */
export async function trainScheduled(
  trace: Trace,
  { backend, recordUlp }: Context,
  scheduling: Scheduling = {},
): Promise<void> {
  const run = new ScheduledRun(trace, backend, scheduling);
  let before = await run.observe();
  for (const [position, { initial }] of trace.parameters.entries()) {
    const seen = before[position];
    // Recording takes no step.
    if (seen) checkUntouched(`parameter ${position} before step 1`, { values: initial, state: null }, seen);
  }
  for (const [index, step] of trace.steps.entries()) {
    run.take(step);
    const after = await run.observe();
    for (const [position, { dtype }] of trace.parameters.entries()) {
      const [previous, current] = [before[position], after[position]];
      const options = run.optionsOf(position);
      if (!previous || !current || !options) continue;
      const what = `parameter ${position} after step ${index + 1}`;
      const gradient = step.gradients[position];
      if (!gradient) {
        checkUntouched(what, previous, current);
        continue;
      }
      const expected = nextSchedule({ step: 0, eta: 0, mu: 0, ...previous.state }, options);
      checkDeviceSchedule(what, current.state, expected, backend);
      const update = { dtype: realOf(dtype), before: previous, gradient, options };
      checkValues(what, update, current, backend.capabilities, recordUlp);
    }
    before = after;
  }
}

class ScheduledRun {
  readonly #trace: Trace;
  readonly #parameters: readonly Parameter[];
  readonly #gradients: readonly Tensor[];
  readonly #optimizer: ASGD;
  readonly #lrs: readonly (Tensor | null)[];
  /** What the options of each group mean. */
  readonly #options: UpdateOptions[];
  readonly #take: () => void;

  constructor(trace: Trace, backend: Backend, { taken, lrShape, capturable = true, foreach }: Scheduling) {
    this.#trace = trace;
    this.#parameters = trace.parameters.map(({ dtype, shape, initial }) =>
      backend.parameter(initial, { dtype, shape }),
    );
    this.#gradients = trace.parameters.map(({ dtype, shape }) => backend.zeros(shape, { dtype }));
    const lrDType = anyDType(backend);
    this.#options = trace.groups.map(({ options }) => {
      const filled = { ...defaultOptions, ...options };
      return lrShape ? { ...filled, lr: roundTo(lrDType, filled.lr) } : filled;
    });
    this.#lrs = this.#options.map(({ lr }) =>
      lrShape ? backend.tensor([lr], { dtype: lrDType, shape: lrShape }) : null,
    );
    const groups = trace.groups.map(({ options, parameters }, index) => ({
      ...options,
      lr: this.#lrs[index] ?? this.#options[index]?.lr ?? 0,
      params: parameters.flatMap((position) => this.#parameters[position] ?? []),
    }));
    this.#optimizer = new ASGD(groups, { capturable, foreach });
    if (taken === 'replay') {
      this.#setGradients(trace.steps[0]);
      const captured = this.#optimizer.capture();
      this.#take = () => captured.replay();
    } else this.#take = () => this.#optimizer.step();
  }

  /** Sets the options and gradients of a step, and takes it. */
  take(step: StepSpec): void {
    step.options?.forEach((edits, index) => {
      const options = this.#options[index];
      const group = this.#optimizer.paramGroups[index];
      if (!options || !group) return;
      const lr = this.#lrs[index];
      const { lr: edited, ...others } = edits;
      Object.assign(group, others);
      Object.assign(options, others);
      if (edited === undefined) return;
      if (lr) lr.write([edited]);
      else group.lr = edited;
      Object.assign(options, { lr: lr ? roundTo(realOf(lr.dtype), edited) : edited });
    });
    this.#setGradients(step);
    this.#take();
  }

  optionsOf(position: number): UpdateOptions | undefined {
    const holds = ({ parameters }: GroupSpec): boolean => parameters.includes(position);
    return this.#options[this.#trace.groups.findIndex(holds)];
  }

  observe(): Promise<readonly Observed[]> {
    return Promise.all(
      this.#parameters.map(async (parameter) => {
        const state = this.#optimizer.state.get(parameter);
        if (!state) return { values: await parameter.read(), state: null };
        const [values, ax, schedule] = await Promise.all([parameter.read(), state.ax.read(), state.read()]);
        return { values, state: { ...schedule, ax } };
      }),
    );
  }

  #setGradients(step: StepSpec | undefined): void {
    this.#gradients.forEach((gradient, position) => {
      const values = step?.gradients[position] ?? null;
      const parameter = this.#parameters[position];
      if (parameter) parameter.grad = values && gradient;
      if (values) gradient.write(values);
    });
  }
}

function checkUntouched(what: string, before: Observed, after: Observed): void {
  const untouched = `${what}, which had no gradient,`;
  compare(untouched, after.values, exactly(before.values), () => {});
  expect((before.state === null) === (after.state === null), `${untouched} has come to have state.`);
  if (!before.state || !after.state) return;
  compare(`the average of ${untouched}`, after.state.ax, exactly(before.state.ax), () => {});
  for (const key of ['step', 'eta', 'mu'] as const) {
    expect(before.state[key] === after.state[key], `The ${key} of ${untouched} is ${after.state[key]}.`);
  }
}

/**
 * Where the expected `mu` is 1, so it must be: the average is a copy then, and no bound on `mu` makes up for that.
 * @throws MismatchError
 */
export function checkDeviceSchedule(
  what: string,
  actual: Schedule | null,
  expected: Schedule,
  { capabilities }: Backend,
): void {
  countAssertion();
  if (!actual) throw new MismatchError(`${what} has no state.`);
  if (actual.step !== expected.step) {
    throw new MismatchError(`The step of ${what} is ${actual.step}; expected ${expected.step}.`);
  }
  const bounds = capabilities.hostVisible ? hostBounds : deviceBounds;
  for (const key of ['eta', 'mu'] as const) {
    const bound = key === 'mu' && expected.mu === 1 ? 0 : bounds[key];
    const distance = ulpDistance('float32', actual[key], expected[key]);
    if (distance <= bound && Math.fround(actual[key]) === actual[key]) continue;
    throw new MismatchError(
      `The ${key} of ${what} is ${actual[key]}; expected ${expected[key]}, within ${bound} ulp of float32.`,
    );
  }
}

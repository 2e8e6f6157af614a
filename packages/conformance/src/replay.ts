import { ASGD, type Backend, type RealArray, type RealDType } from '@asgd/core';
import { type Placed, type Placement, whole } from './placement.ts';
import type { Schedule } from './reference.ts';
import { realOf, zeros } from './rounding.ts';
import type { Trace } from './trace.ts';

/** A parameter of a trace as the backend shows it. */
export interface Observed {
  readonly values: RealArray;
  /** `null` before the parameter's first update. */
  readonly state: ObservedState | null;
}

export interface ObservedState extends Schedule {
  readonly ax: RealArray;
}

/** Ways to train that may not change what comes out. */
export interface Manner {
  readonly placement?: Placement;
  readonly foreach?: boolean | undefined;
  /** Whether a new optimizer takes over before every step, through a state dictionary. */
  readonly resumeAlways?: boolean;
}

/** Trains as a trace says. Yields all parameters once before the first step and once after each. */
export async function* replay(
  trace: Trace,
  backend: Backend,
  { placement = whole, foreach, resumeAlways = false }: Manner = {},
): AsyncGenerator<readonly Observed[], void, undefined> {
  const placed = trace.parameters.map((spec) => placement(backend, spec));
  const groups = trace.groups.map(({ parameters, options }) => ({
    ...options,
    params: parameters.flatMap((index) => placed[index]?.parameters ?? []),
  }));
  let optimizer = new ASGD(groups, { foreach });
  yield observeAll(trace, placed, optimizer);
  for (const step of trace.steps) {
    step.options?.forEach((options, index) => Object.assign(optimizer.paramGroups[index] ?? {}, options));
    if (step.resume || resumeAlways) optimizer = await resume(optimizer);
    placed.forEach((item, index) => item.setGradient(step.gradients[index] ?? null));
    optimizer.step();
    yield observeAll(trace, placed, optimizer);
    for (const item of placed) item.checkSurroundings();
  }
}

/** A new optimizer over the same parameters, which knows nothing but the state dictionary of the old one. */
async function resume(optimizer: ASGD): Promise<ASGD> {
  const saved = structuredClone(await optimizer.stateDict());
  const resumed = new ASGD(optimizer.paramGroups.map(({ params }) => ({ params })));
  optimizer.dispose();
  resumed.loadStateDict(saved);
  return resumed;
}

/** Reads are all asked for before any is waited for. */
function observeAll(
  { parameters }: Trace,
  placed: readonly Placed[],
  optimizer: ASGD,
): Promise<readonly Observed[]> {
  return Promise.all(
    placed.map((item, index) => observe(item, optimizer, realOf(parameters[index]?.dtype ?? 'float32'))),
  );
}

async function observe({ parameters }: Placed, optimizer: ASGD, dtype: RealDType): Promise<Observed> {
  const states = parameters.map((parameter) => optimizer.state.get(parameter) ?? null);
  // All at once: what is read last must not be left alone with its error when something before it fails.
  const [values, averages, schedules] = await Promise.all([
    Promise.all(parameters.map((parameter) => parameter.read())),
    Promise.all(states.flatMap((state) => (state ? [state.ax.read()] : []))),
    Promise.all(states.map(async (state) => state && state.read())),
  ]);
  const schedule = sharedSchedule(schedules);
  return {
    values: joinArrays(values, dtype),
    state: schedule && { ...schedule, ax: joinArrays(averages, dtype) },
  };
}

/** Chunks of one parameter have the same history. */
function sharedSchedule(schedules: readonly (Schedule | null)[]): Schedule | null {
  const first = schedules[0] ?? null;
  for (const other of schedules) {
    if (JSON.stringify(other) !== JSON.stringify(first)) {
      throw new Error(
        `Chunks of one parameter have different state: ${JSON.stringify(first)} and ${JSON.stringify(other)}.`,
      );
    }
  }
  return first;
}

function joinArrays(pieces: readonly RealArray[], dtype: RealDType): RealArray {
  const [first] = pieces;
  if (pieces.length === 1 && first) return first;
  const joined = zeros(
    dtype,
    pieces.reduce((length, piece) => length + piece.length, 0),
  );
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

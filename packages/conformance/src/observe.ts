import type { ASGD, RealArray, RealDType } from '@asgd/core';
import type { Placed } from './placement.ts';
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

/** Starts all reads before it waits for any. */
export function observeAll(
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
  // All at once: if two reads fail, neither rejection is left unhandled.
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

/** All chunks of one parameter have the same state. */
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

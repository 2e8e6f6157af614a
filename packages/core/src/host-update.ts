import type { RealDType } from './dtype.ts';
import { fillItem, type Item, type Launchable, makeItem } from './launch.ts';
import { type Counters, nextCounters, type Scalars, scalarsFor, type Schedule } from './schedule.ts';
import type { State } from './state.ts';
import { layoutIn, type Parameter, type Tensor } from './tensor.ts';
import { type Claim, Update } from './update.ts';

/** Keeps what `backward` needs of an update, if it is committed. */
export type RecordUpdate = (update: HostUpdate) => Claim;

/** One update's arithmetic: the same for all parameters with the same history. */
export interface Advance {
  readonly dtype: RealDType;
  readonly schedule: Schedule;
  readonly counters: Counters;
  readonly next: Counters;
  readonly scalars: Scalars;
}

/** @param last of another parameter in the step, whose history is mostly the same */
export function advanceOf(
  { counters }: State,
  tensor: Tensor,
  schedule: Schedule,
  last: Advance | undefined,
): Advance {
  const dtype = layoutIn(tensor).real;
  if (last?.dtype === dtype && isEqual(last.counters, counters)) return last;
  const next = nextCounters(counters, schedule);
  return { dtype, schedule, counters, next, scalars: scalarsFor(counters, next, schedule.lambd, dtype) };
}

function isEqual(a: Counters, b: Counters): boolean {
  return a === b || (a.step === b.step && a.eta === b.eta && a.mu === b.mu);
}

/**
 * The update of a parameter whose scalars are computed here. There is one for all its steps: where tensors are many
 * and small, making new objects in each would take as long as everything else that core does.
 */
export class HostUpdate extends Update implements Launchable {
  readonly item: Item;
  advance: Advance;

  constructor(tensor: Parameter, state: State, advance: Advance) {
    super(tensor, state);
    this.item = makeItem(tensor);
    this.advance = advance;
  }

  /** @throws DisposedError, ClosedError, OutOfMemoryError */
  prepare(gradient: Tensor, advance: Advance, record: RecordUpdate | undefined): void {
    const { scalars } = advance;
    this.advance = advance;
    fillItem(this.item, this.tensor, gradient, null, scalars);
    if (scalars.averaging !== 'none') this.item.average = this.claimAverage();
    if (record) this.claim(record(this));
  }

  override commit(): void {
    super.commit();
    const { state, item } = this;
    const { next, schedule } = this.advance;
    // The average that is the parameter again, because t0 was raised, needs no storage.
    if (item.averaging === 'none') state.average.adopt(null);
    state.counters = next;
    state.origin = schedule;
    item.gradient = null; // which may be garbage from now on
  }

  override abandon(): void {
    super.abandon();
    this.item.gradient = null;
  }
}

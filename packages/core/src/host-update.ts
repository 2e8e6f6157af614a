import type { StepItem } from './kernels.ts';
import { itemFor, type Launchable } from './launch.ts';
import { type Counters, nextCounters, type Scalars, scalarsFor, type Schedule } from './schedule.ts';
import type { State } from './state.ts';
import { layoutIn, type Parameter, type Tensor } from './tensor.ts';
import { type Claim, Update } from './update.ts';

/** Keeps what `backward` needs of an update, if it is committed. */
export type RecordUpdate = (update: HostUpdate) => Claim;

/** An update whose scalars are computed here. */
export class HostUpdate extends Update implements Launchable {
  readonly gradient: Tensor;
  readonly counters: Counters;
  readonly scalars: Scalars;
  item: StepItem<unknown>;
  readonly #next: Counters;
  readonly #schedule: Schedule;
  readonly #record: RecordUpdate | undefined;

  /** `like` is another update of the group: parameters mostly share their history, and so their scalars. */
  constructor(
    tensor: Parameter,
    gradient: Tensor,
    state: State,
    schedule: Schedule,
    record: RecordUpdate | undefined,
    like: HostUpdate | undefined,
  ) {
    super(tensor, state);
    this.gradient = gradient;
    this.counters = state.counters;
    this.#schedule = schedule;
    this.#record = record;
    if (like && like.tensor.dtype === tensor.dtype && isEqual(like.counters, this.counters)) {
      this.#next = like.#next;
      this.scalars = like.scalars;
    } else {
      this.#next = nextCounters(this.counters, schedule);
      this.scalars = scalarsFor(this.counters, this.#next, schedule.lambd, layoutIn(tensor).real);
    }
    const average = this.scalars.averaging === 'none' ? null : state.average.storage;
    this.item = itemFor(tensor, gradient, average, this.scalars);
  }

  override reserve(): void {
    const { averaging, average } = this.item;
    if (averaging !== 'none' && average === null) this.item = { ...this.item, average: this.claimAverage() };
    if (this.#record) this.claim(this.#record(this));
  }

  override commit(): void {
    super.commit();
    // The average that is the parameter again, because t0 was raised, needs no storage.
    if (this.scalars.averaging === 'none') this.state.average.adopt(null);
    this.state.counters = this.#next;
    this.state.origin = this.#schedule;
  }
}

function isEqual(a: Counters, b: Counters): boolean {
  return a === b || (a.step === b.step && a.eta === b.eta && a.mu === b.mu);
}

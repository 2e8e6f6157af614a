/** How many of an epoch's latest steps count. */
const most = 4096;

/** The median of step times, in microseconds. */
export class StepTimes {
  readonly #times: Float64Array<ArrayBuffer> = new Float64Array(most);
  #count = 0;

  add(milliseconds: number): void {
    this.#times[this.#count % most] = milliseconds * 1000;
    this.#count += 1;
  }

  /** The median; `null` when there was no step. */
  median(): number | null {
    const sorted = this.#times.slice(0, Math.min(this.#count, most)).toSorted();
    return sorted.length === 0 ? null : (sorted[sorted.length >> 1] ?? null);
  }
}

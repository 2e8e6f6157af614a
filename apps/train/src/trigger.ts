/**
 * Tells when a loss has stopped improving: when it is above the best of all losses seen, apart from the latest
 * `patience` of them. S. Merity, N. Keskar and R. Socher, "Regularizing and optimizing LSTM language models", 2017,
 * algorithm 1, the non-monotone trigger with n = 5.
 */
export class NonMonotoneTrigger {
  readonly #losses: number[];
  readonly #patience: number;

  constructor(losses: readonly number[] = [], patience = 5) {
    this.#losses = [...losses];
    this.#patience = patience;
  }

  /** The losses seen so far. */
  get losses(): readonly number[] {
    return this.#losses;
  }

  /** Takes the next loss; whether it pulls the trigger. */
  observe(loss: number): boolean {
    const earlier = this.#losses.slice(0, Math.max(0, this.#losses.length - this.#patience));
    this.#losses.push(loss);
    return earlier.some((best) => loss > best);
  }
}

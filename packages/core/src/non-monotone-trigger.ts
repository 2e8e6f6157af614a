import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';

/**
 * Notices when a loss has stopped improving, which is when averaging should begin: when a loss is above the best of all
 * earlier losses, not counting the latest `patience` of them. S. Merity, N. Keskar and R. Socher, "Regularizing and
 * optimizing LSTM language models", 2017 (arXiv:1708.02182), algorithm 1: the non-monotone trigger, with n = 5.
 *
 * ```ts
 * const trigger = new NonMonotoneTrigger();
 * // after each epoch, with a group whose t0 is Infinity so far:
 * if (group.t0 === Infinity && trigger.observe(validationLoss)) group.t0 = optimizer.state.get(weight).step;
 * ```
 */
export class NonMonotoneTrigger {
  readonly #losses: number[];
  readonly #patience: number;

  /**
   * @param losses the losses so far, of a run that is resumed
   * @param patience how many of the latest losses are left out of the comparison; an integer >= 0
   * @throws ArgumentError
   */
  constructor(losses: readonly number[] = [], patience = 5) {
    if (!Array.isArray(losses)) {
      throw new ArgumentError(`The losses are ${describe(losses)}: expected an array of numbers.`);
    }
    if (!Number.isSafeInteger(patience) || patience < 0) {
      throw new ArgumentError(`The patience is ${describe(patience)}: expected an integer >= 0.`);
    }
    this.#losses = losses.map(checkLoss);
    this.#patience = patience;
  }

  /** The losses seen so far. */
  get losses(): readonly number[] {
    return this.#losses;
  }

  /** Takes the next loss and says whether it pulls the trigger. NaN never does. @throws ArgumentError */
  observe(loss: number): boolean {
    const earlier = this.#losses.slice(0, Math.max(0, this.#losses.length - this.#patience));
    this.#losses.push(checkLoss(loss));
    return earlier.some((best) => loss > best);
  }
}

function checkLoss(loss: unknown): number {
  if (typeof loss !== 'number') throw new ArgumentError(`A loss is ${describe(loss)}: expected a number.`);
  return loss;
}

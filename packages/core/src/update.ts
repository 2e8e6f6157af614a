import type { State } from './state.ts';
import type { Parameter, Tensor } from './tensor.ts';

/** Storage that an update needs, and that nobody owns until the update has been launched. */
export interface Claim {
  /** Hands the storage to its owner. */
  keep(): void;
  free(): void;
}

/** One parameter's part in a step: reserved before any is launched, then committed or abandoned. */
export abstract class Update {
  readonly tensor: Parameter;
  readonly gradient: Tensor;
  readonly state: State;
  #claims: Claim[] = [];

  constructor(tensor: Parameter, gradient: Tensor, state: State) {
    this.tensor = tensor;
    this.gradient = gradient;
    this.state = state;
  }

  /** Takes the memory that the update needs. @throws OutOfMemoryError */
  abstract reserve(): void;

  /** Makes the state what it is after the update, which has been launched. */
  commit(): void {
    for (const claim of this.#claims) claim.keep();
    this.#claims = [];
  }

  /** Gives back what was reserved and not committed. */
  abandon(): void {
    for (const claim of this.#claims) claim.free();
    this.#claims = [];
  }

  protected claim(claim: Claim): void {
    this.#claims.push(claim);
  }

  /** The average's storage: its own, or one that becomes its own. */
  protected claimAverage(): unknown {
    const { average } = this.state;
    if (average.storage !== null) return average.storage;
    const storage = average.allocate();
    this.claim({ keep: () => average.adopt(storage), free: () => average.free(storage) });
    return storage;
  }
}

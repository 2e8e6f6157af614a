import type { State } from './state.ts';
import type { Parameter } from './tensor.ts';

/** Storage that an update needs, and that nobody owns until the update has been launched. */
export interface Claim {
  /** Hands the storage to its owner. */
  keep(): void;
  free(): void;
}

/** One parameter's part in a step: prepared before any is launched, then committed or abandoned. */
export abstract class Update {
  readonly tensor: Parameter;
  readonly state: State;
  #claims: Claim[] | undefined; // mostly there are none

  constructor(tensor: Parameter, state: State) {
    this.tensor = tensor;
    this.state = state;
  }

  /** Makes the state what it is after the update, which has been launched. */
  commit(): void {
    this.#claims?.forEach((claim) => claim.keep());
    this.#claims = undefined;
  }

  /** Gives back what was reserved and not committed. */
  abandon(): void {
    this.#claims?.forEach((claim) => claim.free());
    this.#claims = undefined;
  }

  claim(claim: Claim): void {
    this.#claims ??= [];
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

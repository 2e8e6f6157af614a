import { RowCopies } from './keep-in-memory.ts';
import { Norms } from './norms.ts';
import type { Rows } from './rows.ts';
import { isChosen, type Subset } from './subset.ts';

/**
 * What the first pass over a file does ahead, to save the second: it copies the rows that will be for testing, and measures
 * the others. Which rows those are follows from their numbers, unless a file has so few that none would be chosen.
 */
export class FirstPass {
  readonly norms: Norms = new Norms();
  readonly #share: number;
  readonly #salt: number;
  readonly #memory: number;
  readonly #copies: RowCopies;
  #isFull = false;

  /** The copies may take `memory` bytes. */
  constructor(share: number, salt: number, memory: number) {
    this.#share = share;
    this.#salt = salt;
    this.#memory = memory;
    this.#copies = new RowCopies(memory);
  }

  readonly look = (rows: Rows): void => {
    const aside: number[] = [];
    const rest: number[] = [];
    for (let row = 0; row < rows.count; row += 1) {
      const isAside = isChosen(rows.first + row, this.#share, this.#salt);
      (isAside ? aside : rest).push(row);
    }
    this.norms.add(rows, Uint32Array.from(rest));
    if (this.#isFull) return;
    this.#copies.add(rows, Uint32Array.from(aside));
    if (this.#copies.bytes <= this.#memory) return;
    this.#isFull = true;
    this.#copies.release();
  };

  /** Whether these are the rows that it has set aside. */
  foresaw({ count }: Subset): boolean {
    return !this.#isFull && count === this.#copies.count;
  }

  /** The copies of these, if it has them and they fit in so many bytes. */
  copiesOf(aside: Subset, memory: number): Subset | undefined {
    return this.foresaw(aside) && this.#copies.bytes <= memory ? this.#copies.subset(aside.table) : undefined;
  }
}

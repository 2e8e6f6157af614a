/** Random numbers that a seed determines: xorshift of 32 bits, started by a mix of both numbers. */
export class Random {
  #state: number;

  constructor(seed: number, index: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) | 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** An integer of 32 bits. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  below(end: number): number {
    return this.next() % end;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** A length or an offset as an attacker likes it. */
  number(around: number): number {
    const corners = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
    return (
      this.pick([
        ...corners,
        around,
        around - 1,
        around + 1,
        around * 2,
        this.below(2 * around + 2),
        this.next(),
      ]) >>> 0
    );
  }
}

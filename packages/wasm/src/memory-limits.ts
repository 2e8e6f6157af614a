import { OutOfMemoryError } from '@asgd/core';

/** WebAssembly memory grows in pages of this size. */
export const PAGE = 65_536;

/** 4 GiB: what 32-bit addresses reach. */
const MOST_PAGES = 65_536;

export const MOST_BYTES: number = MOST_PAGES * PAGE;

/** 1 MiB. A machine that cannot set aside even that many addresses is of no use for training. */
const FEWEST_PAGES = 16;

export interface OwnMemory {
  readonly memory: WebAssembly.Memory;
  /** How long it may grow, in bytes. */
  readonly maximum: number;
}

/**
 * A memory that may grow as long as this machine allows. Engines set aside addresses for the maximum of a shared memory
 * when it is created. Where they refuse 4 GiB, this asks for half as much, and for half again.
 */
export function openMemory(isShared: boolean): OwnMemory {
  for (let pages = MOST_PAGES; ; pages /= 2) {
    try {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: isShared });
      return { memory, maximum: pages * PAGE };
    } catch (cause) {
      if (pages > FEWEST_PAGES) continue;
      throw new OutOfMemoryError(
        'wasm() asked for 1 MiB of memory at least, and this machine refused: close other pages or programs.',
        { cause },
      );
    }
  }
}

import { OutOfMemoryError } from '@asgd/core';

/** WebAssembly memory grows by pages. */
export const PAGE = 65_536;

/** 4 GiB: what 32-bit addresses reach. */
const MOST_PAGES = 65_536;

export const MOST_BYTES: number = MOST_PAGES * PAGE;

/** 1 MiB: a machine that cannot spare the addresses for this is not going to train. */
const FEWEST_PAGES = 16;

export interface OwnMemory {
  readonly memory: WebAssembly.Memory;
  /** How long it may become, in bytes. */
  readonly maximum: number;
}

/**
 * A memory that may become as long as this machine allows. Engines set aside addresses for a shared memory's maximum
 * when it is made, and on small machines 4 GiB of them may not be had: then half, and half again.
 */
export function openMemory(isShared: boolean): OwnMemory {
  for (let pages = MOST_PAGES; ; pages /= 2) {
    try {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: isShared });
      return { memory, maximum: pages * PAGE };
    } catch (cause) {
      if (pages > FEWEST_PAGES) continue;
      throw new OutOfMemoryError(
        'This machine has no memory for WebAssembly, not even 1 MiB: close other pages or programs.',
        { cause },
      );
    }
  }
}

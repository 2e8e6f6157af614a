const mebibyte: number = 2 ** 20;

/** MiB that the program takes besides rows and models: Node, its code, what is being read, and garbage. */
export const programMemory = 160;

/** How many bytes rows may take. */
export interface MemoryShares {
  /** For the rows of each file that are in memory at a time. */
  readonly file: number;
  /** For test rows and for held-out rows that are set aside from a file. */
  readonly aside: number;
}

/** Divides what `--memory` allows. It depends only on the settings, because the order of rows depends on it. */
export function memoryShares({ memory, test, t0 }: Dividing): MemoryShares {
  // A quarter is for lines that are being assembled.
  const rows = (3 / 4) * (memory - programMemory) * mebibyte;
  const aside = rows / 4;
  const setAside = (test === undefined ? 1 : 0) + (t0 === 'auto' ? 1 : 0);
  return { file: (rows - setAside * aside) / (test === undefined ? 1 : 2), aside };
}

/** The settings that matter here. */
interface Dividing {
  readonly memory: number;
  readonly test?: string | undefined;
  readonly t0: number | string;
}

import { expect, test } from 'vitest';
import { makers } from './fuzz/files.ts';
import { fuzzOne } from './fuzz/fuzz.ts';

/** In Node, `ASGD_FUZZ_COUNT=100000 ASGD_FUZZ_SEED=2 npm test` reads more files, and other ones. */
const { ASGD_FUZZ_COUNT: count = '3000', ASGD_FUZZ_SEED: seed = '1' } =
  'process' in globalThis ? process.env : {};

test(
  `${count} files from strangers end in a clear error or a right value`,
  { timeout: 3_600_000 },
  async () => {
    const made = await makers();
    const before = JSON.stringify(prototypes());
    const read = new Map<string, { files: number; loaded: number; slowest: number }>();
    for (let index = 0; index < Number(count); index++) {
      const { kind, problem, loaded, milliseconds } = await fuzzOne(made, Number(seed), index);
      expect(problem, `File ${index} of seed ${seed}, ${kind}`).toBeUndefined();
      const so = read.get(kind) ?? { files: 0, loaded: 0, slowest: 0 };
      read.set(kind, {
        files: so.files + 1,
        loaded: so.loaded + Number(loaded),
        slowest: Math.max(so.slowest, milliseconds),
      });
    }
    expect(JSON.stringify(prototypes())).toBe(before);
    // Of each kind some files are refused and, in all, some are read; otherwise the test would prove nothing.
    const loaded = [...read.values()].reduce((sum, so) => sum + so.loaded, 0);
    expect(loaded).toBeGreaterThan(0);
    for (const [kind, so] of read) expect(so.loaded, kind).toBeLessThan(so.files);
    if (count !== '3000') console.table(Object.fromEntries(read));
  },
);

function prototypes(): string[] {
  return [Object.prototype, Array.prototype, Map.prototype, Function.prototype].flatMap((prototype) =>
    Reflect.ownKeys(prototype).map(String),
  );
}

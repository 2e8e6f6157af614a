import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../src/linear/problem.ts';
import type { Program } from '../src/linear/programs.ts';

/** Four rows of two features, three of which the weights (1, 0) put into the right class. */
export const tiny: Problem = (() => {
  const part = {
    rows: {
      data: Float64Array.of(1, -2, 0.5, 1, 3),
      indices: Uint32Array.of(0, 0, 0, 1, 0),
      indptr: Uint32Array.of(0, 1, 2, 4, 5),
      shape: [4, 2] as const,
    },
    labels: Int8Array.of(1, -1, 1, -1),
  };
  return { id: 'tiny', label: 'four rows', features: 2, training: part, test: part, lambd: 0.5 };
})();

/** Weights, and then the intercept, that put two or three of the four rows into their class. */
const weightsFor = { 2: [-1, 4, 0], 3: [1, 0, 0] } as const;

/** A program that writes weights that get so many of the four rows right, told how many epochs it has. */
export function fakeProgram(
  id: string,
  role: Program['role'],
  hasEpochs: boolean,
  right: (epochs: number) => keyof typeof weightsFor,
  folder: string,
): Program {
  const source = join(folder, `${id}.mjs`);
  writeFileSync(
    source,
    `import { writeFileSync } from 'node:fs';
     const [out, ...weights] = process.argv.slice(2);
     writeFileSync(out, Float64Array.from(weights, Number));`,
  );
  return {
    id,
    label: id,
    role,
    hasEpochs,
    probe: async () => ({ available: true, version: '1' }),
    command: (_, { epochs, out }) => [
      process.execPath,
      source,
      out,
      ...weightsFor[right(epochs)].map(String),
    ],
  };
}

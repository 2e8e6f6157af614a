import type { Backend, DType } from '@asgd/core';
import * as fc from 'fast-check';
import type { Case, Needs } from '../../case.ts';
import { type Plan, planOf, scenarios } from './scenario.ts';

const dtypes: readonly DType[] = ['float32', 'float64', 'complex64', 'complex128'];

/** Enough scenarios to cover every option, and both sides of the start of averaging, several times. */
const runs = 50;

/**
 * A property of training, as one case for each dtype. `holds` throws where it does not hold. From the number `choice`
 * the property derives whatever it has to choose: where to split, in which order.
 */
export function property(
  name: string,
  spec: string,
  holds: (backend: Backend, plan: Plan, choice: number) => Promise<void>,
  applicable: readonly DType[] = dtypes,
  needs: Omit<Needs, 'dtypes'> = {},
): readonly Case[] {
  return applicable.map((dtype) => ({
    id: `properties/${name}/${dtype}`,
    spec,
    needs: { ...needs, dtypes: [dtype] },
    async run({ backend, seed }) {
      const { capabilities } = backend;
      const holdsForAll = fc.asyncProperty(scenarios(capabilities), fc.nat(), (scenario, choice) =>
        holds(backend, planOf(scenario, dtype, capabilities), choice),
      );
      // A failure names the seed and the smallest scenario that shows it.
      await fc.assert(holdsForAll, {
        seed,
        numRuns: runs,
        includeErrorInReport: true,
      });
    },
  }));
}

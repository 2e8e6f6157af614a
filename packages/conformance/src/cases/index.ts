import type { Case } from '../case.ts';
import { asCase, type TrainingCase, type TrainingRun } from '../training-case.ts';
import { wrapped } from '../wrappers.ts';
import { arithmetic } from './arithmetic.ts';
import { capturable } from './capturable.ts';
import { differentiating } from './differentiating.ts';
import { errors } from './errors.ts';
import { failures } from './failures.ts';
import { functional } from './functional.ts';
import { hooks } from './hooks.ts';
import { learning } from './learning.ts';
import { lifecycle } from './lifecycle.ts';
import { mathematics } from './mathematics.ts';
import { properties } from './properties.ts';
import { thorough, thoroughTraining } from './thorough.ts';
import { tensorLr } from './tensor-lr.ts';
import { furtherVectorCases, vectorCases } from './vectors.ts';

/** Every case of the suite, the thorough ones last, in the order in which they are run. Loads the vectors. */
export async function allCases(): Promise<readonly Case[]> {
  const [vectors, furtherVectors] = await Promise.all([vectorCases(), furtherVectorCases()]);
  return [
    ...vectors.flatMap(forEachLaunch),
    ...furtherVectors,
    ...arithmetic.map((item) => asCase(item)),
    ...properties,
    ...mathematics,
    ...learning,
    ...lifecycle,
    ...hooks,
    ...tensorLr,
    ...capturable,
    ...differentiating,
    ...functional,
    ...errors,
    ...failures,
    ...wrapped([...vectors, ...arithmetic]),
    ...thorough,
  ];
}

/** Of these cases those that train on a trace: what one backend gives can be compared with what another gives. */
export async function trainingRuns(): Promise<readonly TrainingRun[]> {
  const vectors = await vectorCases();
  return [
    ...vectors.flatMap(forEachLaunch),
    ...arithmetic.map((item) => asCase(item)),
    ...wrapped([...vectors, ...arithmetic]),
    ...thoroughTraining,
  ];
}

/** `foreach` says how work is launched, and must not change what is computed. */
function forEachLaunch(item: TrainingCase): readonly TrainingRun[] {
  return [undefined, true, false].map((foreach) => {
    const id = `${item.id}/foreach=${foreach ?? 'unset'}`;
    return asCase({ ...item, id }, { mode: { foreach } });
  });
}

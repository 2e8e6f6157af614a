// A user's program in TypeScript. It is only type-checked: against the declarations that the packages ship.
import { AsgdError } from '@asgd/core/errors';
import {
  ASGDClassifier,
  ASGDRegressor,
  type Chunk,
  DataError,
  type DenseMatrix,
  type Rows,
} from '@asgd/linear';

const rows: Rows = { data: [1, 2], indices: [0, 3], indptr: [0, 1, 2], shape: [2, 4] };
const model: ASGDClassifier<'ham' | 'spam'> = await new ASGDClassifier<'ham' | 'spam'>().fit(rows, [
  'ham',
  'spam',
]);
export const predicted: ('ham' | 'spam')[] = model.predict(rows);
export const probabilities: DenseMatrix = model.predictProba(rows);
export const where: number | undefined = new DataError('', { row: 1 }).row;
export const isOurs: boolean = new DataError('') instanceof AsgdError;

async function* stream(): AsyncIterable<Chunk<number>> {
  yield { rows: [[1]], labels: [2] };
}
export const regressor: ASGDRegressor = await new ASGDRegressor().partialFit(stream());

// @ts-expect-error: no such loss
export const cubic: ASGDRegressor = new ASGDRegressor({ loss: 'cubic' });
// @ts-expect-error: fit() gives a promise
export const early: ASGDRegressor = regressor.fit([[1]], [2]);

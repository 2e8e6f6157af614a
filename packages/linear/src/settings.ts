import type { EngineOptions } from './engine.ts';
import { type ClassifierLoss, losses, type RegressorLoss } from './loss.ts';
import type { ClassifierOptions, RegressorOptions } from './options.ts';
import type { Examples } from './runner.ts';
import { squaredNorm } from './table.ts';

/** Where averaging begins when an option leaves it open: in `fit` the rows and epochs are known. */
export type Plan = { readonly epochs: number } | 'stream';

/** What the options leave open. */
type Resolved = Pick<EngineOptions, 'features' | 'outputs' | 'lr' | 't0' | 'interceptStep'>;

/** The options of the estimator and what they left open, as the engine takes them. */
export function settingsOf(options: ClassifierOptions | RegressorOptions, resolved: Resolved): EngineOptions {
  const { batchSize: batch, lambd, alpha, weightDecay } = options;
  const loss = losses[options.loss].id;
  const epsilon = 'epsilon' in options ? options.epsilon : 1;
  return { ...resolved, loss, batch, lambd, alpha, weightDecay, epsilon };
}

/** What the options come to for the rows of the first training. */
export function resolveSettings(
  options: ClassifierOptions | RegressorOptions,
  examples: Examples,
  outputs: number,
  plan: Plan,
): EngineOptions {
  const { fitIntercept, batchSize, lr, t0 } = options;
  const interceptStep = fitIntercept ? resolveInterceptStep(options, examples) : 0;
  return settingsOf(options, {
    features: examples.table.features,
    outputs,
    lr: lr === 'auto' ? resolveStep(options, examples, interceptStep) : lr,
    t0: t0 === 'auto' ? resolveStart(examples, batchSize, plan) : t0,
    interceptStep,
  });
}

function resolveInterceptStep(
  { interceptStep }: ClassifierOptions | RegressorOptions,
  { table }: Examples,
): number {
  if (interceptStep !== 'auto') return interceptStep;
  return table.isDense ? 1 : 0.01;
}

/** The squared lengths ‖x‖² of rows without those of zeros, and to each the step of the intercept (`interceptStep`). */
export interface SquaredNorms {
  /** Their mean. */
  readonly mean: number;
  /** The largest of them. */
  readonly largest: number;
}

/**
 * What `lr: 'auto'` comes to for rows of such lengths: for those who stream rows and have seen them all once.
 *
 * With 1 / (L * ‖x‖²), the update for a row brings its score to where the loss is least, or less far, and not beyond. A
 * step for an average row is stable in the mean (Bach and Moulines 2013); where slopes have no bound, one row with a
 * large norm would be enough to diverge, so there the largest norm counts.
 */
export function autoStep(loss: ClassifierLoss | RegressorLoss, { mean, largest }: SquaredNorms): number {
  const { curvature, isSteep } = losses[loss];
  const step = 1 / (curvature * (isSteep ? largest : mean));
  // There may be no rows, or numbers so small or so large that their squares are not.
  return step > 0 && step < Infinity ? step : 1;
}

function resolveStep(
  { loss }: ClassifierOptions | RegressorOptions,
  { table, weights }: Examples,
  interceptStep: number,
): number {
  let largest = 0;
  let sum = 0;
  let count = 0;
  for (let row = 0; row < table.count; row++) {
    const square = squaredNorm(table, row);
    if (square === 0) continue;
    const size = (weights[row] ?? NaN) * (square + interceptStep);
    largest = Math.max(largest, size);
    sum += size;
    count++;
  }
  return autoStep(loss, { mean: sum / count, largest });
}

function resolveStart({ table }: Examples, batch: number, plan: Plan): number {
  if (plan === 'stream') return -1;
  const stepsPerEpoch = Math.ceil(table.count / batch);
  return plan.epochs > 1 ? stepsPerEpoch : Math.floor(stepsPerEpoch / 2);
}

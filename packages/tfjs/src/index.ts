import type { AsgdOptions } from './options.ts';
import { AsgdOptimizer } from './optimizer.ts';

/**
 * Averaged SGD as an optimizer of TensorFlow.js, ready to step on its current backend.
 *
 * ```ts
 * const optimizer = await asgd({ lr: 0.1, lambd: 0, t0: 100 });
 * model.compile({ optimizer, loss: 'categoricalCrossentropy' });
 * ```
 * @throws OptionError
 */
export async function asgd(options: AsgdOptions = {}): Promise<AsgdOptimizer> {
  return new AsgdOptimizer(options).ready();
}

export { AsgdOptimizer };
export type { AsgdOptions, ResolvedOptions } from './options.ts';
export type { Batch, Batches, BatchNormOptions } from './batch-norm.ts';
export type { Callback, EvaluateOptions, Logs } from './evaluate-averaged.ts';
export type { NamedTensor } from './gradients.ts';
export type { Path } from './memory.ts';
export type { Layer, Model } from './model.ts';

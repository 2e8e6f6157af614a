import { kernelsOf } from './backend.ts';
import type { Averaging, HostScalars, StepItem } from './kernels.ts';
import { realsIn } from './storage.ts';
import { layoutIn, storageOf, type Tensor } from './tensor.ts';

/** A tensor to update, with its gradient and average. */
export interface Operands {
  readonly tensor: Tensor;
  readonly gradient: Tensor;
  /** `null` when the averaging is `'none'`. */
  readonly average: Tensor | null;
}

/** One update outside of an optimizer, of tensors of one backend and dtype. @throws DisposedError, ClosedError */
export function updateOnce(operands: readonly Operands[], averaging: Averaging, scalars: HostScalars): void {
  const [first] = operands;
  const items = operands
    .map(({ tensor, gradient, average }): StepItem<unknown> => ({
      parameter: storageOf(tensor),
      gradient: storageOf(gradient),
      average: average && storageOf(average),
      length: realsIn(tensor),
    }))
    .filter(({ length }) => length > 0);
  if (!first || items.length === 0) return;
  const kernels = kernelsOf(first.tensor.backend);
  const plan = kernels.prepare({ dtype: layoutIn(first.tensor).real, averaging, items });
  try {
    kernels.step(plan, scalars);
  } finally {
    kernels.release(plan);
  }
}

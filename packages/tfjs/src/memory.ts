import type { Backend, Parameter } from '@asgd/core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** How steps reach the tensors of TensorFlow.js: where they are, or by copies of them. */
export type Path = 'shared' | 'copied';

/** The tensors of one TensorFlow.js backend, as tensors of a backend of asgd. All of them are float32. */
export interface Memory {
  readonly path: Path;
  /** Why the tensors are copied, for people. */
  readonly reason?: string;
  /** Computes the steps. */
  readonly backend: Backend;
  /** Whether something else may refer to the tensor's values, so that a step must not write to them. */
  isShared(tensor: Tensor): boolean;
  /** A new tensor with the same values. */
  copy(tensor: Tensor): Tensor;
  /** A new tensor like it, of zeros. */
  zerosLike(tensor: Tensor): Tensor;
  /** The tensor's values, for the next step. */
  wrap(tensor: Tensor): Parameter;
  /** Takes a step. */
  run(step: () => void): void;
  /** Makes a variable show what a step has written to the values that `wrap` gave. */
  written(variable: Variable, values: Parameter): void;
  /** Frees what `wrap` gave, once the step has been taken or has failed. */
  release(): void;
}

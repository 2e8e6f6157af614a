import { ArgumentError, describe } from '@asgd/core';
import { type Tensor, Variable } from '@tensorflow/tfjs-core';

/** What is used of a layer of TensorFlow.js. */
export interface Layer {
  /** Such as `BatchNormalization`. */
  getClassName(): string;
}

/** A `tf.LayersModel`, or a `tf.Sequential`: what is used of it. */
export interface Model {
  /** Its layers. */
  readonly layers: readonly Layer[];
  /** The names of what `evaluate()` gives: `loss`, then the metrics. */
  readonly metricsNames: readonly string[];
  /** The weights that training changes; `read()` gives the variable of each. */
  readonly trainableWeights: readonly { read(): Tensor }[];
  /** Runs the layers on inputs. */
  apply(inputs: never, kwargs?: never): unknown;
}

/** @throws ArgumentError */
export function checkModel(model: Model, call: string): void {
  if (Array.isArray(model?.layers) && typeof model.apply === 'function') return;
  throw new ArgumentError(
    `${call} was given ${describe(model)}: expected a model of tf.layers, such as tf.sequential().`,
  );
}

/** The variables that a model trains, or the ones given. @throws ArgumentError */
export function variablesOf(owner: Model | readonly Variable[]): readonly Variable[] {
  if (Array.isArray(owner)) return checkVariables(owner);
  checkModel(owner as Model, 'attach()');
  // tf.layers types them as tensors, and they are the variables.
  return checkVariables((owner as Model).trainableWeights.map((weight) => weight.read()));
}

function checkVariables(given: readonly unknown[]): readonly Variable[] {
  const wrong = given.find((one) => !(one instanceof Variable));
  if (wrong === undefined) return given as readonly Variable[];
  throw new ArgumentError(
    `attach() was given ${describe(wrong)}: expected variables of tf.variable(), or a model.`,
  );
}

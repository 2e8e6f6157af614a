import { ArgumentError, DisposedError, DTypeError, LengthError, describe } from '@asgd/core';
import { engine, type NamedTensorMap, Tensor, type Variable } from '@tensorflow/tfjs-core';

/** A tensor and its name: a variable's, or that of a part of an optimizer's state. */
export interface NamedTensor {
  /** Of the variable, or of the part. */
  name: string;
  /** The values. */
  tensor: Tensor;
}

/** A variable and its gradient; `null`: it takes no part in the step. */
export interface Entry {
  readonly variable: Variable;
  readonly gradient: Tensor | null;
}

/**
 * The variables that gradients are for, by name.
 * @throws ArgumentError, DTypeError, LengthError, DisposedError
 */
export function entriesOf(given: NamedTensorMap | readonly NamedTensor[]): readonly Entry[] {
  if (typeof given !== 'object' || given === null) {
    throw new ArgumentError(
      `applyGradients() was given ${describe(given)}: expected { [variable.name]: gradient }, as computeGradients() ` +
        `gives it, or a list of { name, tensor }.`,
    );
  }
  const named = Array.isArray(given)
    ? (given as readonly NamedTensor[]).map(({ name, tensor }) => [name, tensor] as const)
    : Object.entries(given);
  const names = new Set<string>();
  return named.map(([name, gradient]) => {
    if (names.has(name)) {
      throw new ArgumentError(
        `applyGradients() was given two gradients for '${name}': give the sum of them.`,
      );
    }
    names.add(name);
    return { variable: variableOf(name), gradient: checkGradient(gradient ?? null, name) };
  });
}

function variableOf(name: string): Variable {
  const variable = engine().registeredVariables[name];
  if (!variable) {
    throw new ArgumentError(
      `applyGradients() was given a gradient for '${name}', but there is no variable of that name. Was it disposed of? ` +
        `Only tf.variable() makes variables.`,
    );
  }
  return variable;
}

function checkGradient(given: unknown, name: string): Tensor | null {
  if (given === null) return null;
  if (!(given instanceof Tensor)) {
    throw new ArgumentError(
      `The gradient of '${name}' is ${describe(given)}: expected a tf.Tensor, or null.`,
    );
  }
  const gradient = given as Tensor;
  if (gradient.isDisposed) {
    throw new DisposedError(`The gradient of '${name}' was disposed of: dispose of it after the step.`);
  }
  const { dtype, shape } = variableOf(name);
  if (dtype !== 'float32') {
    throw new DTypeError(
      `The variable '${name}' is ${dtype}, and asgd trains float32 only: make it with tf.variable(values, false), ` +
        `so that it is not trained, or convert it with tf.cast(values, 'float32').`,
    );
  }
  if (gradient.dtype !== 'float32') {
    throw new DTypeError(
      `The gradient of '${name}' is ${gradient.dtype}: expected float32, like the variable.`,
    );
  }
  if (gradient.shape.join() !== shape.join()) {
    throw new LengthError(
      `The gradient of '${name}' has the shape [${gradient.shape.join(', ')}]: expected [${shape.join(', ')}], like ` +
        `the variable.`,
    );
  }
  return gradient;
}

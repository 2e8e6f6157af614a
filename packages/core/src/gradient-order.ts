import { ArgumentError } from './errors.ts';
import { Parameter, type Tensor } from './tensor.ts';

/**
 * Throws when the step that reads a gradient also writes it, as another parameter. The order of the launches, which
 * must not matter, would decide whether it is read before or after that (SPEC.md, Gradients).
 * @throws ArgumentError
 */
export function checkNotUpdated(
  gradient: Tensor,
  parameter: Parameter,
  averages: { has(parameter: Parameter): boolean },
  gradientOf: (parameter: Parameter) => Tensor | null,
): void {
  if (!(gradient instanceof Parameter) || !averages.has(gradient) || gradientOf(gradient) === null) return;
  throw new ArgumentError(
    `The gradient of ${parameter} is ${gradient}, which this step updates too: give a copy of it, ` +
      `backend.tensor(await gradient.read(), gradient).`,
  );
}

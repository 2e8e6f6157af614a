import type { Backend, Parameter, RealArray, Tensor } from '@asgd/core';
import { UserError } from '../errors.ts';
import type { Linear } from './linear.ts';

/** A linear model on a backend, with a gradient for each parameter. It starts with zeros. */
export class BackendModel {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #gradients: { readonly weight: Tensor; readonly bias: Tensor };
  readonly #hostVisible: boolean;
  /** Where gradients are summed if the host cannot see the backend's memory. */
  readonly #staging: Linear | undefined;

  /** @throws UserError if there cannot be enough memory for it */
  constructor(backend: Backend, features: number, outputs: number) {
    requireRoom(features, outputs);
    const dtype = 'float32';
    const weights = new Float32Array(features * outputs);
    const biases = new Float32Array(outputs);
    this.weight = backend.parameter(weights, { dtype, shape: [features, outputs], name: 'weight' });
    this.bias = backend.parameter(biases, { dtype, shape: [outputs], name: 'bias' });
    this.#gradients = {
      weight: backend.zeros([features, outputs], { dtype }),
      bias: backend.zeros([outputs], { dtype }),
    };
    this.weight.grad = this.#gradients.weight;
    this.bias.grad = this.#gradients.bias;
    this.#hostVisible = backend.capabilities.hostVisible;
    this.#staging = this.#hostVisible ? undefined : { weight: weights, bias: biases };
  }

  /** The parameters as they are now. Read them at once, since they may be the backend's own memory. */
  async values(): Promise<Linear> {
    if (this.#hostVisible) return { weight: this.weight.view(), bias: this.bias.view() };
    return this.snapshot();
  }

  /** A copy of the parameters as they are now. */
  async snapshot(): Promise<{ weight: RealArray; bias: RealArray }> {
    const [weight, bias] = await Promise.all([this.weight.read(), this.bias.read()]);
    return { weight, bias };
  }

  write(values: Linear): void {
    this.weight.write(values.weight);
    this.bias.write(values.bias);
  }

  /** The gradient, all zeros, to add to. */
  clearGradient(): Linear {
    const gradient = this.#staging ?? {
      weight: this.#gradients.weight.view(),
      bias: this.#gradients.bias.view(),
    };
    gradient.weight.fill(0);
    gradient.bias.fill(0);
    return gradient;
  }

  /** Gives the backend the sum. */
  submitGradient(): void {
    if (this.#staging === undefined) return;
    this.#gradients.weight.write(this.#staging.weight);
    this.#gradients.bias.write(this.#staging.bias);
  }
}

/** A mistyped feature index needs more memory than there is, so this checks first. */
function requireRoom(features: number, outputs: number): void {
  const copies = 4; // parameters, gradient, average and a copy to evaluate
  const needed = copies * Float32Array.BYTES_PER_ELEMENT * features * outputs;
  const available = process.availableMemory();
  if (needed <= available) return;
  const gigabytes = (bytes: number): string => `${Math.ceil(bytes / 1e9)} GB`;
  throw new UserError(
    `a model of ${features} features and ${outputs} scores per row needs ${gigabytes(needed)} of memory, ` +
      `found ${gigabytes(available)}: is an index in the data far too large?`,
  );
}

import type { Backend, Parameter } from '@asgd/core';
import { Random } from '../../random.ts';
import { anyDType } from '../define.ts';

// PyTorch's smallest model: the square of W·x + b, with a 10 × 5 matrix W and a constant x.

const [rows, columns] = [10, 5];

/** The model on a backend. The host computes its loss and gradients. */
export class Linear {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #input: ArrayLike<number>;

  constructor(backend: Backend) {
    const dtype = anyDType(backend);
    const random = new Random('linear');
    const draw = (length: number): ArrayLike<number> => random.fill(dtype, length, () => random.fraction());
    this.weight = backend.parameter(draw(rows * columns), { dtype, shape: [rows, columns] });
    this.bias = backend.parameter(draw(rows), { dtype });
    this.#input = draw(columns);
  }

  /** Computes the loss of the current parameters and writes their gradients. */
  async loss(): Promise<number> {
    const { backend, dtype, shape } = this.weight;
    const [weight, bias] = await Promise.all([this.weight.read(), this.bias.read()]);
    const outputs = Array.from(bias, (value, row) => {
      const products = Array.from(
        this.#input,
        (input, column) => input * (weight[row * columns + column] ?? NaN),
      );
      return products.reduce((sum, product) => sum + product, value);
    });
    const ofBias = outputs.map((output) => 2 * output);
    const ofWeight = ofBias.flatMap((slope) => Array.from(this.#input, (input) => slope * input));
    this.weight.grad?.dispose();
    this.bias.grad?.dispose();
    this.weight.grad = backend.tensor(ofWeight, { dtype, shape });
    this.bias.grad = backend.tensor(ofBias, { dtype });
    return outputs.reduce((sum, output) => sum + output ** 2, 0);
  }
}

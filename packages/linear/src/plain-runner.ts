import { train } from './kernels/train.ts';
import {
  allocateNumbers,
  type Examples,
  type Numbers,
  type Runner,
  type Shape,
  stepsPerCall,
} from './runner.ts';

/** Runs the kernels in JavaScript. */
export class PlainRunner implements Runner {
  readonly numbers: Numbers;
  readonly etas: Float64Array;
  readonly mus: Float64Array;
  readonly #shape: Shape;
  readonly #gradient: Float64Array;
  #examples: Examples | undefined;

  constructor(shape: Shape) {
    const { outputs, batch } = shape;
    this.#shape = shape;
    this.etas = new Float64Array(stepsPerCall(batch));
    this.mus = new Float64Array(stepsPerCall(batch));
    this.numbers = allocateNumbers(shape);
    this.#gradient = new Float64Array(batch * outputs);
  }

  load(examples: Examples): void {
    this.#examples = examples;
  }

  unload(): void {
    this.#examples = undefined;
  }

  run(order: Uint32Array): number {
    if (this.#examples === undefined) return 0;
    const { table, targets, weights } = this.#examples;
    const { loss, features, outputs, batch } = this.#shape;
    return train(
      loss,
      this.numbers.weights,
      2 * outputs,
      outputs,
      features,
      outputs,
      this.numbers.intercepts,
      this.numbers.state,
      table.isDense ? 1 : 0,
      table.starts,
      table.indices,
      table.values,
      targets,
      weights,
      order,
      order.length,
      batch,
      this.etas,
      this.mus,
      this.#gradient,
    );
  }
}

import { StateDictError } from '@asgd/core';
import type { NamedTensor } from './gradients.ts';
import { scalar, type Tensor, tensor1d } from '@tensorflow/tfjs-core';

// What getWeights() gives: `iter`, as TensorFlow.js's optimizers have it; the beginning of averaging and the losses so far,
// for t0: 'auto'; step, eta and mu of each variable; and then the averages, in the order of the variables. Numbers are
// float64, as the int32 of their bits, because TensorFlow.js has no float64.

/** The state of an optimizer, as it is saved. */
export interface SavedState {
  readonly iterations: number;
  readonly begins: number;
  readonly losses: readonly number[];
  readonly slots: readonly SavedSlot[];
}

/** The state of a variable. */
export interface SavedSlot {
  /** The variable's, when it was saved. */
  readonly name: string;
  readonly step: number;
  readonly eta: number;
  readonly mu: number;
  readonly average: Tensor;
}

const suffix = '/asgd_average';

/** State as weights. The averages are those given. */
export function toWeights({ iterations, begins, losses, slots }: SavedState): NamedTensor[] {
  const numbers = slots.flatMap(({ step, eta, mu }) => [step, eta, mu]);
  return [
    { name: 'iter', tensor: scalar(iterations, 'int32') },
    { name: 'asgd_trigger', tensor: bitsOf([begins, ...losses]) },
    { name: 'asgd_counters', tensor: bitsOf(numbers) },
    ...slots.map(({ name, average }) => ({ name: `${name}${suffix}`, tensor: average })),
  ];
}

/** Weights as state. The averages are the tensors given. @throws StateDictError */
export async function fromWeights(weights: readonly NamedTensor[]): Promise<SavedState> {
  const [iter, trigger, counters, ...averages] = weights;
  if (iter?.name !== 'iter' || trigger?.name !== 'asgd_trigger' || counters?.name !== 'asgd_counters') {
    throw new StateDictError(
      `setWeights() was given the weights ${weights.map(({ name }) => `'${name}'`).join(', ') || '(none)'}: expected ` +
        `those that getWeights() of an optimizer from @asgd/tfjs gave. Another optimizer's state does not fit.`,
    );
  }
  const [iterations = 0] = await iter.tensor.data();
  const [begins = Infinity, ...losses] = await numbersIn(trigger.tensor);
  const numbers = await numbersIn(counters.tensor);
  if (numbers.length !== 3 * averages.length) {
    throw new StateDictError(
      `setWeights() was given ${averages.length} averages, and counters for ${numbers.length / 3} variables: the weights ` +
        `are not complete. Give all that getWeights() gave, in its order.`,
    );
  }
  const slots = averages.map(({ name, tensor }, index) => {
    const [step = 0, eta = 0, mu = 1] = numbers.slice(3 * index, 3 * index + 3);
    return { name: name.replace(suffix, ''), step, eta, mu, average: tensor };
  });
  return { iterations, begins, losses, slots };
}

function bitsOf(numbers: readonly number[]): Tensor {
  return tensor1d(new Int32Array(Float64Array.from(numbers).buffer), 'int32');
}

async function numbersIn(bits: Tensor): Promise<readonly number[]> {
  const values = await bits.data<'int32'>();
  return [...new Float64Array(Int32Array.from(values).buffer)];
}

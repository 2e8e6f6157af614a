import type { Case } from '../../case.ts';
import { lanesOf } from '../../rounding.ts';
import { randomBits } from '../random.ts';
import { property } from './property.ts';
import type { Plan, TensorPlan } from './scenario.ts';
import { expectSameOutcome, train, type Outcome } from './training.ts';

// However the work is divided among calls and tensors, the results have the same bits.

const spec = 'Update';

const split = property('split', spec, async (backend, plan, choice) => {
  const halves = plan.tensors.flatMap((tensor) => splitTensor(tensor, choice, lanesOf(plan.dtype)));
  const whole = await train(backend, plan);
  const parts = await train(backend, { ...plan, tensors: halves });
  expectSameOutcome(joinPairs(parts), whole, 'differs when the parameter is split in two');
});

const order = property('order', spec, async (backend, plan, choice) => {
  const permutation = shuffledIndices(plan.tensors.length, choice);
  const inOrder = await train(backend, plan);
  const shuffled = await train(backend, { ...plan, tensors: pick(plan.tensors, permutation) });
  expectSameOutcome(shuffled, pick(inOrder, permutation), 'differs when the parameters are in another order');
});

const batch = property('batch', spec, async (backend, plan) => {
  const together = await train(backend, plan);
  const alone: Outcome[] = [];
  for (const tensor of plan.tensors) alone.push(await train(backend, { ...plan, tensors: [tensor] }));
  expectSameOutcome(together, alone.flat(), 'differs when it shares its optimizer');
});

const foreach = property('foreach', spec, async (backend, plan) => {
  const unset = await train(backend, withOptions(plan, { foreach: undefined }));
  for (const value of [true, false]) {
    const set = await train(backend, withOptions(plan, { foreach: value }));
    expectSameOutcome(set, unset, `differs with foreach: ${value}`);
  }
});

const maximize = property('maximize', spec, async (backend, plan) => {
  const tensors = plan.tensors.map(({ values, gradients }) => ({
    values,
    gradients: gradients.map((gradient) => gradient && gradient.map((value) => -value)),
  }));
  const ascending = await train(backend, withOptions(plan, { maximize: true }));
  const descending = await train(backend, { ...withOptions(plan, { maximize: false }), tensors });
  expectSameOutcome(ascending, descending, 'under maximize differs from that of the negated gradients');
});

const complex = property(
  'complex-as-pairs',
  spec,
  async (backend, plan) => {
    const complexes = await train(backend, plan);
    const pairs = await train(backend, {
      ...plan,
      dtype: plan.dtype === 'complex64' ? 'float32' : 'float64',
    });
    expectSameOutcome(complexes, pairs, 'differs from that of its real and imaginary parts');
  },
  ['complex64', 'complex128'],
);

export const launch: readonly Case[] = [...split, ...order, ...batch, ...foreach, ...maximize, ...complex];

function withOptions(plan: Plan, options: Plan['options']): Plan {
  return { ...plan, options: { ...plan.options, ...options } };
}

function splitTensor(
  { values, gradients }: TensorPlan,
  choice: number,
  lanes: number,
): readonly TensorPlan[] {
  const elements = values.length / lanes;
  const at = (choice % (elements + 1)) * lanes;
  return [
    {
      values: values.slice(0, at),
      gradients: gradients.map((gradient) => gradient && gradient.slice(0, at)),
    },
    { values: values.slice(at), gradients: gradients.map((gradient) => gradient && gradient.slice(at)) },
  ];
}

/** Puts tensors 0 and 1, 2 and 3, … together again. */
function joinPairs(parts: Outcome): Outcome {
  return parts.flatMap((first, index) => {
    const second = parts[index + 1];
    if (index % 2 === 1 || !second) return [];
    return {
      parameter: concatenate(first.parameter, second.parameter),
      average: concatenate(first.average, second.average),
      schedule: first.schedule,
    };
  });
}

function concatenate<Values extends Float32Array | Float64Array>(first: Values, second: Values): Values {
  const joined = first.constructor as new (length: number) => Values;
  const values = new joined(first.length + second.length);
  values.set(first);
  values.set(second, first.length);
  return values;
}

function shuffledIndices(count: number, seed: number): readonly number[] {
  const bits = randomBits(seed);
  return Array.from({ length: count }, (_, index) => ({ index, key: bits() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ index }) => index);
}

function pick<Item>(items: readonly Item[], indices: readonly number[]): readonly Item[] {
  return indices.flatMap((index) => items.slice(index, index + 1));
}

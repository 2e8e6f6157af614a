import { type Backend, type DType, type Parameter, type RealArray, UnsupportedError } from '@asgd/core';
import type { Case } from '../../case.ts';
import { lanesOf, realOf, zeros } from '../../rounding.ts';
import { expectBits } from '../expect.ts';
import { property } from './property.ts';
import type { Plan, TensorPlan } from './scenario.ts';
import { expectSameOutcome, train, Training } from './training.ts';

// An update writes the parameter and its average, and nothing else.

const spec = 'Update';

const gradientsUntouched = property('gradients-untouched', spec, async (backend, plan) => {
  const training = new Training(backend, plan);
  try {
    for (let step = 0; step < plan.steps; step++) {
      training.advance(step, step + 1);
      for (const [index, { gradients }] of plan.tensors.entries()) {
        const read = await training.parameters[index]?.grad?.read();
        const given = gradients[step];
        if (!read || !given) continue;
        expectBits(read, given, `The gradient of parameter ${index} after update ${step + 1}`);
      }
    }
  } finally {
    training.dispose();
  }
});

const bystanders = property('bystanders-untouched', spec, async (backend, plan, choice) => {
  const bystander: TensorPlan = {
    values: zeros(realOf(plan.dtype), (1 + (choice % 5)) * lanesOf(plan.dtype)).fill(-17),
    gradients: plan.tensors[0]?.gradients.map(() => null) ?? [],
  };
  const tensors = [bystander, ...plan.tensors.flatMap((tensor) => [tensor, bystander])];
  const outcome = await train(backend, { ...plan, tensors });
  for (let index = 0; index < outcome.length; index += 2) {
    const values = outcome[index]?.parameter;
    if (values) expectBits(values, bystander.values, `Parameter ${index}, which has no gradient,`);
  }
});

/** Parameters and gradients that are ranges of one array, at every alignment. */
const wrapped = property(
  'memory-beside-untouched',
  spec,
  async (backend, plan, choice) => {
    const plain = await train(backend, plan);
    const arena = new Arena(backend, plan, choice);
    try {
      // A backend does not have to support wrapping. One that refuses uses only its own memory.
      if (!arena.canWrap()) return;
      const training = new Training(backend, plan, (values) => arena.place(values));
      training.advance();
      expectSameOutcome(await training.outcome(), plain, 'differs when its memory is wrapped');
      arena.expectUntouched();
      training.dispose();
      arena.expectUntouched();
    } finally {
      arena.dispose();
    }
  },
  undefined,
  { hostVisible: true },
);

/** Host memory of the backend, filled with a known number and handed out in ranges with gaps between them. */
class Arena {
  static readonly #filler = -17;
  readonly #backend: Backend;
  readonly #dtype: DType;
  readonly #memory: Parameter;
  readonly #gap: number;
  readonly #taken: { readonly start: number; readonly end: number }[] = [];

  constructor(backend: Backend, plan: Plan, choice: number) {
    this.#backend = backend;
    this.#dtype = plan.dtype;
    this.#gap = 1 + (choice % 7);
    const ranges = plan.tensors.flatMap(({ values }) => Array<number>(plan.steps + 1).fill(values.length));
    const length = ranges.reduce((total, range) => total + range + this.#gap, this.#gap);
    this.#memory = backend.parameter(new Float64Array(length).fill(Arena.#filler), {
      dtype: realOf(plan.dtype),
    });
  }

  canWrap(): boolean {
    try {
      this.#backend.wrap(this.#memory.view().subarray(0, 2), { dtype: this.#dtype }).dispose();
      return true;
    } catch (error) {
      if (error instanceof UnsupportedError) return false;
      throw error;
    }
  }

  place(values: RealArray): Parameter {
    const start = (this.#taken.at(-1)?.end ?? 0) + this.#gap;
    const range = this.#memory.view().subarray(start, start + values.length);
    range.set(values);
    this.#taken.push({ start, end: start + values.length });
    return this.#backend.wrap(range, { dtype: this.#dtype });
  }

  expectUntouched(): void {
    const memory = this.#memory.view().slice();
    for (const { start, end } of this.#taken) memory.fill(Arena.#filler, start, end);
    expectBits(memory, memory.slice().fill(Arena.#filler), 'Memory next to the tensors');
  }

  dispose(): void {
    this.#memory.dispose();
  }
}

export const memory: readonly Case[] = [...gradientsUntouched, ...bystanders, ...wrapped];

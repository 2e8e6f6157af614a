import { asgd, type FunctionalOptions, type Parameter } from '@asgd/core';
import { clone, type Tensor, tidy, type Variable, variable as variableOf } from '@tensorflow/tfjs-core';
import type { Memory } from './memory.ts';
import { freeSlot, type Slot } from './slot.ts';

/** What a step updates. */
export interface Update {
  readonly slot: Slot;
  readonly gradient: Tensor;
}

/** Takes a step. One that throws has changed no value, and nothing in the slots. */
export function takeStep(memory: Memory, updates: readonly Update[], options: FunctionalOptions): void {
  const slots = updates.map(({ slot }) => slot);
  const made = new Map<Slot, Variable>();
  try {
    tidy('asgd', () => {
      const gradients = apart(updates);
      for (const { variable, average } of slots) {
        isolate(variable, memory);
        if (average) isolate(average, memory);
      }
      const values = new Map<Variable, Parameter>();
      const write = (variable: Variable): Parameter => {
        const wrapped = wrap(variable, memory);
        values.set(variable, wrapped);
        return wrapped;
      };
      const averageOf = (slot: Slot) => (): Parameter => {
        const average = variableOf(memory.zerosLike(slot.variable), false);
        made.set(slot, average);
        return write(average);
      };
      const params = slots.map(({ variable }) => write(variable));
      const grads = gradients.map((gradient) => wrap(gradient, memory));
      const axs = slots.map((slot) => (slot.average ? write(slot.average) : averageOf(slot)));
      const [mus, etas, steps] = [
        slots.map(({ mu }) => mu),
        slots.map(({ eta }) => eta),
        slots.map(({ step }) => step),
      ];
      memory.run(() => asgd(params, grads, axs, mus, etas, steps, options));
      for (const [variable, wrapped] of values) memory.written(variable, wrapped);
      slots.forEach((slot, index) => {
        slot.mu = mus[index] as number; // as many as there are slots
        slot.eta = etas[index] as number;
        slot.step = steps[index] as number;
        slot.average = made.get(slot) ?? slot.average;
      });
      made.clear();
    });
  } finally {
    for (const average of made.values()) freeSlot({ average });
    memory.release();
  }
}

/** The gradients. One that is a variable of the same step is held on to, so that the variable leaves its values to it. */
function apart(updates: readonly Update[]): readonly Tensor[] {
  const written = new Set(updates.map(({ slot }) => slot.variable.dataId));
  return updates.map(({ gradient }) => (written.has(gradient.dataId) ? clone(gradient) : gradient));
}

/** Gives a variable values of its own, since tensors share them: copy on write. */
function isolate(variable: Variable, memory: Memory): void {
  if (variable.size === 0 || !memory.isShared(variable)) return;
  variable.assign(memory.copy(variable));
}

function wrap(tensor: Tensor, memory: Memory): Parameter {
  // Nothing to update, and no memory that a backend could take.
  return tensor.size === 0 ? memory.backend.parameter([]) : memory.wrap(tensor);
}

import { ArgumentError, StateDictError } from '@asgd/core';
import { type Tensor, type Variable, variable as variableOf } from '@tensorflow/tfjs-core';
import { exchange, freeSlot, type Slot } from './slot.ts';
import type { SavedSlot } from './weights.ts';

/** The slots of an optimizer, and loaded state that has not met its variables yet. */
export class Store {
  readonly #slots = new Map<Variable, Slot>();
  /** Loaded, with averages of its own. */
  #loaded: (Omit<SavedSlot, 'average'> & { readonly average: Variable })[] = [];
  #swapped = false;

  /** Whether variables hold their averages now. */
  get swapped(): boolean {
    return this.#swapped;
  }

  /** In the order in which the variables were made, which a model that is loaded repeats. */
  get slots(): readonly Slot[] {
    return [...this.#slots.values()].toSorted((a, b) => a.variable.id - b.variable.id);
  }

  get(variable: Variable): Slot | undefined {
    return this.#slots.get(variable);
  }

  /** The slot of a variable, made if this is its first step. @param lr of that step */
  slotOf(variable: Variable, lr: number): Slot {
    const slot = this.#slots.get(variable) ?? { variable, step: 0, eta: lr, mu: 1, average: null };
    this.#slots.set(variable, slot);
    return slot;
  }

  /** Takes one back that `slotOf` made for a step that failed. */
  forget(slot: Slot): void {
    if (slot.step === 0) this.#slots.delete(slot.variable);
  }

  /** Frees what belongs to variables that were disposed of. */
  sweep(): void {
    for (const [variable, slot] of this.#slots) {
      if (!variable.isDisposed) continue;
      freeSlot(slot);
      this.#slots.delete(variable);
    }
  }

  /** Exchanges variables and averages. @throws StateDictError */
  swap(): void {
    this.checkAdopted();
    exchange(this.slots);
    this.#swapped = !this.#swapped;
  }

  /** The average: of a variable that has none yet, the variable. */
  averageOf(variable: Variable): Variable {
    this.checkAdopted();
    const slot = this.#slots.get(variable);
    return this.#swapped || !slot?.average ? variable : slot.average;
  }

  /** What is saved. The averages are clones. */
  save(): SavedSlot[] {
    if (this.#loaded.length > 0) {
      return this.#loaded.map((saved) => ({ ...saved, average: saved.average.clone() }));
    }
    return this.slots.map(({ variable, step, eta, mu }) => ({
      name: variable.name,
      step,
      eta,
      mu,
      average: this.averageOf(variable).clone(),
    }));
  }

  /** Replaces everything. The variables of the new state are found by `adopt`. */
  load(slots: readonly SavedSlot[]): void {
    const loaded = slots.map((saved) => ({ ...saved, average: variableOf(saved.average, false) }));
    const known = this.slots.map(({ variable }) => variable);
    this.dispose();
    this.#loaded = loaded;
    if (loaded.length > 0 && known.length === loaded.length) this.adopt(known);
  }

  /**
   * Gives loaded state to its variables: by their names, or else, since a model that is loaded beside another gets other
   * names, by their order. @throws StateDictError
   */
  adopt(candidates: readonly Variable[]): void {
    const loaded = this.#loaded;
    if (loaded.length === 0) return;
    const byName = new Map(candidates.map((variable) => [variable.name, variable]));
    const hasNames = loaded.every(({ name }) => byName.has(name));
    const inOrder = candidates.toSorted((a, b) => a.id - b.id);
    if (!hasNames && inOrder.length !== loaded.length) {
      throw new StateDictError(
        `The loaded state is of ${loaded.length} variables (${loaded.map(({ name }) => name).join(', ')}), and there are ` +
          `${inOrder.length} here (${inOrder.map(({ name }) => name).join(', ')}): call optimizer.attach(variables) with ` +
          `the variables that it belongs to, before the first step.`,
      );
    }
    const pairs = loaded.map((saved, index) => {
      const variable = (hasNames ? byName.get(saved.name) : inOrder[index]) as Variable; // as many as there are
      checkShape(saved.average, variable, saved.name);
      return [saved, variable] as const;
    });
    for (const [{ step, eta, mu, average }, variable] of pairs) {
      this.#slots.set(variable, { variable, step, eta, mu, average });
    }
    this.#loaded = [];
  }

  dispose(): void {
    for (const slot of [...this.#slots.values(), ...this.#loaded]) freeSlot(slot);
    this.#slots.clear();
    this.#loaded = [];
  }

  checkAdopted(): void {
    if (this.#loaded.length === 0) return;
    throw new ArgumentError(
      'The loaded state has not met its variables yet: take a step, or call optimizer.attach(model).',
    );
  }
}

function checkShape(average: Tensor, variable: Variable, name: string): void {
  if (average.shape.join() === variable.shape.join()) return;
  throw new StateDictError(
    `The average of '${name}' has the shape [${average.shape.join(', ')}], but the variable '${variable.name}' has ` +
      `[${variable.shape.join(', ')}]: the state is another model's.`,
  );
}

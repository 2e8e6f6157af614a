import type { Classes, Label, LabelKind } from './data/labels.ts';
import type { Loss } from './loss/loss.ts';

/** What labels mean for a loss: how each becomes a target, and how a decision becomes a label again. */
export interface Task {
  readonly loss: Loss;
  /** Numbers in increasing order, then text; none if labels are numbers to predict. */
  readonly classes: readonly Label[];
  /** Scores a row. */
  readonly outputs: number;
  /** The target of a row, by the number that stands for its label. */
  target(label: number): number;
  label(target: number): Label;
}

export function makeTask(loss: Loss, classes: Classes): Task {
  return { loss, classes: [...classes.keys()], ...codings[loss.labels](classes) };
}

type Coding = Pick<Task, 'outputs' | 'target' | 'label'>;

// Every label has passed the rules of data/labels.ts, so it is one of the classes.
const codings: Readonly<Record<LabelKind, (classes: Classes) => Coding>> = {
  numbers: () => ({ outputs: 1, target: (label) => label, label: (target) => target }),

  'two classes': (classes) => {
    const [lower = NaN, higher = NaN] = classes.keys();
    const positive = classes.get(higher);
    return {
      outputs: 1,
      target: (label) => (label === positive ? 1 : -1),
      label: (target) => (target > 0 ? higher : lower),
    };
  },

  classes: (classes) => {
    const names = [...classes.keys()];
    const places = new Map([...classes.values()].map((label, place) => [label, place]));
    return {
      outputs: names.length,
      target: (label) => places.get(label) ?? -1,
      label: (target) => names[target] ?? NaN,
    };
  },
};

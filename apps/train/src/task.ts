import type { LabelKind } from './data/labels.ts';
import type { Loss } from './loss/loss.ts';

/** What labels mean for a loss: how each becomes a target, and how a decision becomes a label again. */
export interface Task {
  readonly loss: Loss;
  /** In increasing order; none if labels are numbers. */
  readonly classes: readonly number[];
  /** Scores a row. */
  readonly outputs: number;
  target(label: number): number;
  label(target: number): number;
}

export function makeTask(loss: Loss, classes: readonly number[]): Task {
  return { loss, classes, ...codings[loss.labels](classes) };
}

type Coding = Pick<Task, 'outputs' | 'target' | 'label'>;

const codings: Readonly<Record<LabelKind, (classes: readonly number[]) => Coding>> = {
  numbers: () => ({ outputs: 1, target: (label) => label, label: (target) => target }),

  'two classes': ([lower = NaN, higher = NaN]) => ({
    outputs: 1,
    target: (label) => (label === higher ? 1 : -1),
    label: (target) => (target > 0 ? higher : lower),
  }),

  classes: (classes) => {
    const places = new Map(classes.map((label, place) => [label, place]));
    return {
      outputs: classes.length,
      target: (label) => places.get(label) ?? -1, // every label has passed the rules of data/labels.ts
      label: (target) => classes[target] ?? NaN,
    };
  },
};

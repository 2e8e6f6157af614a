import type { Classes, Label } from './data/labels.ts';
import { type Loss, losses, type LossName, outputsOf } from './losses.ts';

/** What labels mean for a loss: how each becomes a target, and how a target becomes a label again. */
export interface Task {
  readonly loss: Loss;
  /** Numbers in increasing order, then text; none if labels are numbers to predict. */
  readonly classes: readonly Label[];
  /** Scores a row. */
  readonly outputs: number;
  /** The target of a row, by the number that stands for its label: the place of its class, or the label itself. */
  target(label: number): number;
  label(target: number): Label;
}

export function makeTask(name: LossName, classes: Classes): Task {
  const loss = losses[name];
  const names = [...classes.keys()];
  const outputs = outputsOf(name, names.length);
  if (loss.labels === 'numbers') {
    return { loss, classes: [], outputs, target: (label) => label, label: (target) => target };
  }
  // Every label has passed the rules of data/labels.ts, so it is one of the classes.
  const places = new Map([...classes.values()].map((label, place) => [label, place]));
  return {
    loss,
    classes: names,
    outputs,
    target: (label) => places.get(label) ?? -1,
    label: (target) => names[target] ?? NaN,
  };
}

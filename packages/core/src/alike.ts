import type { Counters, StepSize } from './schedule.ts';
import { layoutIn, type Tensor } from './tensor.ts';

/** What decides which tensors one launch can update. */
export interface Stepper {
  readonly tensor: Tensor;
  readonly counters: Counters;
  /** What `eta` was computed from, if that is known. */
  readonly origin: StepSize | null;
}

/** Groups the tensors that share a backend, a dtype and counters; unless `areTogether`, each is its own group. */
export function groupAlike<One extends Stepper>(
  steppers: readonly One[],
  areTogether: boolean,
): [One, ...One[]][] {
  const groups: [One, ...One[]][] = [];
  for (const stepper of steppers) {
    const group = areTogether ? groups.find(([first]) => areAlike(first, stepper)) : undefined;
    if (group) group.push(stepper);
    else groups.push([stepper]);
  }
  return groups;
}

function areAlike(a: Stepper, b: Stepper): boolean {
  return (
    a.tensor.backend === b.tensor.backend &&
    layoutIn(a.tensor).real === layoutIn(b.tensor).real &&
    a.counters.step === b.counters.step &&
    Object.is(a.counters.eta, b.counters.eta) &&
    Object.is(a.counters.mu, b.counters.mu) &&
    a.origin?.lr === b.origin?.lr &&
    a.origin?.lambd === b.origin?.lambd &&
    a.origin?.alpha === b.origin?.alpha
  );
}

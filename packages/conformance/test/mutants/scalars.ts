import type { HostScalars } from '@asgd/core';
import type { Fault } from './faults.ts';

/** Scalars as a backend takes them that thinks some numbers too large or too small to occur. */
export function scalarsUnder(fault: Fault | undefined, scalars: HostScalars): HostScalars {
  const { mu, eta, weightDecay } = scalars;
  if (fault === 'mu-never-below-1e-3') return { ...scalars, mu: Math.max(mu, 1e-3) };
  if (fault === 'eta-capped') return { ...scalars, eta: Math.min(eta, 1e6) };
  if (fault === 'weight-decay-capped') return { ...scalars, weightDecay: Math.min(weightDecay, 1e6) };
  if (fault === 'least-weight-decay-dropped' && Math.abs(weightDecay) < 1e-8) {
    return { ...scalars, weightDecay: 0 };
  }
  return scalars;
}

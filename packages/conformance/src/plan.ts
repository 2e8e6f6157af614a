import type { BackendCapabilities, DType } from '@asgd/core';
import type { Case, Failure, Needs } from './case.ts';
import { type Expectation, expectationFor } from './expectations.ts';
import { realOf } from './rounding.ts';

/** What to do with a case. */
export type Planned = PlannedRun | PassedOver;

export interface PlannedRun {
  readonly kind: 'run';
  readonly case: Case;
  /** Why it is expected to fail, or `null`. */
  readonly expectedToFail: string | null;
}

export interface PassedOver {
  readonly kind: 'skip' | 'not-applicable';
  readonly case: Case;
  readonly reason: string;
}

/** What a subject offers to cases, apart from what its backends declare. */
export interface Offer {
  readonly failures?: readonly Failure[];
  readonly maxBytes?: number | undefined;
}

export function planCases(
  cases: readonly Case[],
  capabilities: BackendCapabilities,
  expectations: readonly Expectation[],
  { failures = [], maxBytes = 2 ** 31 }: Offer = {},
): readonly Planned[] {
  return cases.map((item) => {
    const missing =
      missingCapability(item.needs, capabilities) ??
      missingFailure(item.needs, failures) ??
      missingBytes(item.needs, maxBytes);
    return planCase(item, missing, expectationFor(item, expectations));
  });
}

function planCase(item: Case, missing: string | undefined, expectation: Expectation | undefined): Planned {
  if (missing !== undefined) return { kind: 'not-applicable', case: item, reason: missing };
  if (expectation?.outcome === 'skip') return { kind: 'skip', case: item, reason: expectation.reason };
  return { kind: 'run', case: item, expectedToFail: expectation?.reason ?? null };
}

/** Why a case does not apply: the backend does not declare a capability that it needs. */
export function missingCapability(needs: Needs, capabilities: BackendCapabilities): string | undefined {
  const { dtypes = [], hostVisible, subnormals, schedules } = needs;
  const hasDType = (dtype: DType): boolean => capabilities.dtypes.includes(realOf(dtype));
  const dtype = dtypes.find((candidate) => !hasDType(candidate));
  if (dtype !== undefined) return `needs ${dtype}, which the backend does not declare among its dtypes`;
  if (hostVisible !== undefined && capabilities.hostVisible !== hostVisible) {
    return `needs hostVisible ${hostVisible}, but the backend declares ${capabilities.hostVisible}`;
  }
  if (subnormals && capabilities.subnormals !== subnormals) {
    return `needs subnormals '${subnormals}', but the backend declares '${capabilities.subnormals}'`;
  }
  if (schedules && !capabilities.schedules) {
    return 'needs schedules, which the backend does not declare';
  }
  if (schedules === false && capabilities.schedules) {
    return 'applies only to a backend without schedules, but this one has them';
  }
  return undefined;
}

function missingFailure({ failures = [] }: Needs, offered: readonly Failure[]): string | undefined {
  const missing = failures.find((failure) => !offered.includes(failure));
  return missing && `needs ${missing}, which the subject does not offer`;
}

function missingBytes({ maxBytes = 0 }: Needs, offered: number): string | undefined {
  return maxBytes > offered
    ? `needs tensors of ${maxBytes} bytes, and the subject says that its backends hold ${offered} (maxBytes)`
    : undefined;
}

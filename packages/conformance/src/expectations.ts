import { ArgumentError } from '@asgd/core';
import type { Case } from './case.ts';
import { matches } from './selection.ts';

/** What you already know about a backend: a case must not run, or it fails. */
export interface Expectation {
  /** A case's id, or a pattern in which `*` stands for any text. */
  readonly id: string;
  /**
   * `'skip'`: the case does not run. `'fail'`: it runs, and the whole run fails if it passes, so that the
   * expectation is removed once it is out of date.
   */
  readonly outcome: 'skip' | 'fail';
  /** Why; it appears in the report. */
  readonly reason: string;
}

/** @throws ArgumentError for an incomplete expectation */
export function checkExpectations(expectations: readonly Expectation[]): void {
  for (const [index, expectation] of expectations.entries()) {
    const { id, outcome, reason }: Partial<Expectation> = expectation ?? {};
    const fail = (found: string, expected: string): never => {
      throw new ArgumentError(
        `Expectation ${index} (${id ?? 'without an id'}) has ${found}: expected ${expected}.`,
      );
    };
    if (typeof id !== 'string' || id === '') fail(`the id ${quote(id)}`, "a case's id, or a pattern with *");
    if (outcome !== 'skip' && outcome !== 'fail') fail(`the outcome ${quote(outcome)}`, "'skip' or 'fail'");
    if (typeof reason !== 'string' || reason.trim() === '') {
      fail(`the reason ${quote(reason)}`, 'a sentence that tells readers of the report why');
    }
  }
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}

/** The expectation for a case: the first that matches. */
export function expectationFor({ id }: Case, expectations: readonly Expectation[]): Expectation | undefined {
  return expectations.find((expectation) => matches(expectation.id, id));
}

/** A problem for every expectation that matches no case. */
export function unmatchedExpectations(
  cases: readonly Case[],
  expectations: readonly Expectation[],
): readonly string[] {
  return expectations
    .filter((expectation) => !cases.some(({ id }) => matches(expectation.id, id)))
    .map(
      ({ id, outcome }) =>
        `The expectation that ${id} will ${outcome} matches no case: correct its id or remove it.`,
    );
}

let made = 0;

/** Counts one assertion, whether it holds or not. */
export function countAssertion(): void {
  made++;
}

/**
 * How many assertions all cases have made so far. A case that keeps running after its timeout adds to the count of
 * the next one. So a case may wrongly count as having asserted something, but never the reverse.
 */
export function assertionsMade(): number {
  return made;
}

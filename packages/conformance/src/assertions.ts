let made = 0;

/** Says that something was asserted, whether it held or not. */
export function countAssertion(): void {
  made++;
}

/**
 * How many assertions were made so far, by all cases together: a case that went on after its time was up counts
 * towards the one after it. So a case may be taken to have asserted something when it has not, never the reverse.
 */
export function assertionsMade(): number {
  return made;
}

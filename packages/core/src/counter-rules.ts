/** The values that `eta` and `mu` can have (SPEC.md, Schedule), wherever they come from. */
export const counterRules = {
  eta: { holds: (eta: number): boolean => eta >= 0, expected: 'a number >= 0' },
  mu: { holds: (mu: number): boolean => mu >= 0 && mu <= 1, expected: 'a number from 0 to 1' },
} as const;

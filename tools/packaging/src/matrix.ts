// How much of the matrix is tried. ASGD_PACKAGING=all, which vitest.all.config.ts sets: all of it; otherwise a part that
// fits continuous integration.

const { ASGD_PACKAGING: wanted = 'part' } = process.env;
if (wanted !== 'part' && wanted !== 'all') {
  throw new Error(`ASGD_PACKAGING is '${wanted}': expected 'part' or 'all'.`);
}

export const isWhole: boolean = wanted === 'all';

/** All of a list, or what of it is tried always. */
export function choose<Item>(all: readonly Item[], isAlwaysTried: (item: Item) => boolean): readonly Item[] {
  return isWhole ? all : all.filter(isAlwaysTried);
}

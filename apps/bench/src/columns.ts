import type { Report } from './report.ts';
import type { Row } from './targets.ts';

/** What a table compares ours with: one contender, or several that are one product. */
export interface Column {
  readonly product: string;
  readonly contenders: readonly string[];
}

/** The columns that some of these rows are about, in the order of the contenders. */
export function columnsOf({ entrants }: Pick<Report, 'entrants'>, rows: readonly Row[]): Column[] {
  const products = new Map<string, string[]>();
  for (const { id, product } of entrants) {
    if (!rows.some(({ peer }) => peer.contender === id)) continue;
    products.set(product, [...(products.get(product) ?? []), id]);
  }
  return [...products].map(([product, contenders]) => ({ product, contenders }));
}

/** The row of a column that compares ours with the fastest of it; without any that was measured, one that was not. */
export function rowIn(column: Column, rows: readonly Row[]): Row | undefined {
  const speedOf = ({ outcome }: Row): number =>
    outcome.status === 'measured' ? outcome.speed.median : Infinity;
  const [fastest] = rows
    .filter(({ peer }) => column.contenders.includes(peer.contender))
    .toSorted((a, b) => speedOf(a) - speedOf(b) || 0);
  return fastest;
}

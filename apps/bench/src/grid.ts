import Table, { type TableConstructorOptions } from 'cli-table3';

/** How many columns the output may take: what a terminal shows, and a README. */
export const width = 100;

/** A table with a head. Lines in a cell stay as they are. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const options: TableConstructorOptions = { head: [...head], style: { head: [], border: [] } };
  const table = new Table(options);
  for (const row of rows) table.push([...row]);
  return table.toString();
}

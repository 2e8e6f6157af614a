import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Where a test's result stands in the matrix that is printed at the end. */
interface Cell {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  /** What stands there if the test passes. Default: ok. */
  readonly passed?: string;
}

declare module 'vitest' {
  interface TaskMeta {
    cell?: Cell;
  }
}

type Rows = Map<string, Map<string, string>>;

function markOf(test: TestCase, { passed = 'ok' }: Cell): string {
  const { state } = test.result();
  if (state === 'passed') return styleText('green', passed);
  return state === 'failed' ? styleText('red', 'FAILED') : styleText('yellow', 'not run');
}

/** A reporter that prints the results of tests that have a cell, as tables. */
export const tableReporter: Reporter = {
  onTestRunEnd(modules) {
    const text = render(modules);
    if (text !== '') console.log(`\n${text}\n`);
  },
};

function render(modules: readonly TestModule[]): string {
  const tables = new Map<string, Rows>();
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { cell } = test.meta();
      if (!cell) continue;
      const rows = entry(tables, cell.table, () => new Map() as Rows);
      entry(rows, cell.row, () => new Map<string, string>()).set(cell.column, markOf(test, cell));
    }
  }
  return [...tables].map(([title, rows]) => renderTable(title, rows)).join('\n\n');
}

function renderTable(title: string, rows: Rows): string {
  const columns = [...new Set([...rows.values()].flatMap((cells) => [...cells.keys()]))];
  const table = new Table({ head: [title, ...columns], style: { head: ['bold'], compact: true } });
  for (const [row, cells] of rows) table.push([row, ...columns.map((column) => cells.get(column) ?? '')]);
  return table.toString();
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

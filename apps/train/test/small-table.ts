import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Folder } from './folder.ts';
import { asgdTrain, type Outcome } from './program.ts';

/** A hundred rows of two classes: a label and two features. */
export const rows: readonly string[] = Array.from(
  { length: 100 },
  (_, i) => `${i % 2},${((i * 37) % 100) / 100 + (i % 2)},${(i % 10) / 10}\n`,
);

/** Arguments for a short run on `small.csv`. */
export const small = ['--data', 'small.csv', '--epochs', '3'] as const;

/** A folder with the rows in `small.csv`, in which the program runs. */
export class TableFolder extends Folder {
  constructor() {
    super();
    this.write('small.csv', rows.join(''));
  }

  /** Writes the rows as gzipped LIBSVM. */
  writeLibsvm(name: string): void {
    const lines = rows.map((row) => row.replace(/(.*),(.*),(.*)/, '$1 1:$2 2:$3'));
    this.write(name, gzipSync(lines.join('')));
  }

  /** Writes so many rows that no machine finishes an epoch before a test interrupts it. */
  writeLong(name: string): void {
    this.write(name, Array.from({ length: 600 }, () => rows.join('')).join(''));
  }

  /** Runs the program to its end. */
  run(...args: readonly string[]): Promise<Outcome> {
    return asgdTrain(args, this.path);
  }

  /** A report, without its speed, which differs from run to run. */
  report(name: string): Record<string, unknown> {
    const withoutSpeed = (key: string, value: unknown): unknown => (key === 'rowsPerSecond' ? null : value);
    return JSON.parse(readFileSync(this.at(name), 'utf8'), withoutSpeed) as Record<string, unknown>;
  }
}

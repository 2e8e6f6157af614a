import type { EpochRecord } from '../history.ts';
import { lossText, percent, rate } from './format.ts';

/** A table that grows by one row per epoch. */
export class EpochTable {
  readonly #columns: readonly Column[];

  /** For labels that are numbers the error is a root mean squared error. */
  constructor(numbers: boolean) {
    const what = numbers ? 'test RMSE' : 'test error';
    const errorText = numbers ? (error: number) => error.toPrecision(5) : percent;
    this.#columns = [
      { title: 'epoch', cell: ({ epoch }) => String(epoch) },
      { title: 'train loss', cell: ({ trainLoss }) => lossText(trainLoss) },
      { title: `${what}: last`, cell: ({ last }) => errorText(last.error) },
      { title: ' average', cell: ({ average }) => (average === null ? '–' : errorText(average.error)) },
      {
        title: '  rows/s',
        cell: ({ rowsPerSecond }) => (rowsPerSecond === null ? '–' : rate(rowsPerSecond)),
      },
    ];
  }

  header(): string {
    return this.#columns.map(({ title }) => title).join('  ');
  }

  row(record: EpochRecord): string {
    return this.#columns.map(({ title, cell }) => cell(record).padStart(title.length)).join('  ');
  }
}

interface Column {
  /** Pads a cell to the width of its column. */
  readonly title: string;
  cell(record: EpochRecord): string;
}

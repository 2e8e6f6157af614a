import type { EpochRecord } from '../history.ts';
import { count, percent, threeDigits } from './format.ts';

/** What the sentence at the end of training needs. */
export interface Ending {
  readonly record: EpochRecord;
  /** The first step whose iterate is in the average; `undefined` if `--t0 auto` has not found one. */
  readonly averagingFrom: number | undefined;
  readonly testRows: number;
  /** Labels are numbers, so the errors are root mean squared errors. */
  readonly numbers: boolean;
}

/** One sentence on the effect of averaging. */
export function summarize({ record, averagingFrom, testRows, numbers }: Ending): string {
  const { last, average, steps } = record;
  if (averagingFrom === undefined) {
    return `Averaging never began, because the held-out loss was still improving after ${count(steps, 'step')}: the average is the last iterate.`;
  }
  if (average === null) {
    const far =
      steps < averagingFrom
        ? `Averaging did not begin: its first step is ${averagingFrom}, and the run ended after ${count(steps, 'step')}`
        : `Averaging began with step ${averagingFrom}, the last one, so the average is the last iterate`;
    return `${far}; give a smaller --t0 or more --epochs.`;
  }
  const iterates = `Averaging the last ${steps - averagingFrom + 1} of ${steps} iterates`;
  const name = numbers ? 'test RMSE' : 'test error';
  const text = numbers ? (error: number) => error.toPrecision(5) : percent;
  const values = `${text(last.error)} (last iterate) to ${text(average.error)} (average)`;
  if (average.error === last.error) {
    return `${iterates} left the ${name} at ${text(last.error)}, the same as for the last iterate.`;
  }
  const better = average.error < last.error;
  const verb = better ? 'brought' : 'raised';
  const difference = Math.abs(last.error - average.error);
  const effect = numbers
    ? `${threeDigits((100 * difference) / last.error)} % ${better ? 'less' : 'more'}`
    : `${mistakes(Math.round(difference * testRows), better ? 'fewer' : 'more')} in ${testRows}`;
  return `${iterates} ${verb} the ${name} from ${values}: ${effect}.`;
}

function mistakes(number: number, comparison: string): string {
  return `${number} ${comparison} ${number === 1 ? 'mistake' : 'mistakes'}`;
}

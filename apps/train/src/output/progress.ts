import cliProgress from 'cli-progress';
import { duration, threeDigits } from './format.ts';

/** Something that goes on for a while. */
export interface Activity {
  readonly label: string;
  /** The size of the whole of it; 0 if unknown. */
  readonly total: number;
  /** How much of it was done before. */
  readonly from?: number;
  /** What the rate is called, and how many make one of it. */
  readonly unit: string;
  readonly perUnit?: number;
}

/** Shows how an activity gets on, and keeps lines of text apart from that. */
export interface Progress {
  start(activity: Activity): void;
  update(value: number, label?: string): void;
  stop(): void;
  /** Writes a line to standard output. */
  line(text: string): void;
}

/** A bar where a person looks on, now and then a line elsewhere. */
export function makeProgress(): Progress {
  return process.stderr.isTTY ? new BarProgress() : new LineProgress();
}

/** An activity's rate since it was started, and the time that it will still take. */
class Pace {
  readonly activity: Activity;
  readonly #began: number = performance.now();

  constructor(activity: Activity) {
    this.activity = activity;
  }

  describe(value: number): { percentage: string; rate: string; left: string } {
    const { total, from = 0, unit, perUnit = 1 } = this.activity;
    const elapsed = (performance.now() - this.#began) / 1000;
    const rate = elapsed > 0 ? (value - from) / elapsed : 0;
    return {
      percentage: total > 0 ? `${Math.floor((100 * value) / total)} %` : '',
      rate: rate > 0 ? `${threeDigits(rate / perUnit)} ${unit}/s` : '',
      left: total > 0 && rate > 0 ? `${duration((total - value) / rate)} left` : '',
    };
  }
}

class BarProgress implements Progress {
  #pace: Pace | undefined;
  #bar: cliProgress.SingleBar | undefined;
  #value = 0;
  #label = '';

  start(activity: Activity): void {
    this.stop();
    this.#pace = new Pace(activity);
    this.#value = activity.from ?? 0;
    this.#label = activity.label;
    this.#show();
  }

  update(value: number, label: string = this.#label): void {
    this.#value = value;
    this.#label = label;
    this.#bar?.update(value);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#pace = undefined;
  }

  line(text: string): void {
    this.#bar?.stop();
    process.stdout.write(`${text}\n`);
    if (this.#bar !== undefined) this.#show();
  }

  #show(): void {
    const pace = this.#pace;
    if (pace === undefined) return;
    this.#bar = new cliProgress.SingleBar({
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: null, // a killed program could not bring it back
      barsize: 28,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      format: (options, { progress }) => {
        const { percentage, rate, left } = pace.describe(this.#value);
        const bar = pace.activity.total > 0 ? cliProgress.Format.BarFormat(progress, options) : '';
        return [this.#label, bar, percentage, rate, left].filter((part) => part !== '').join('  ');
      },
    });
    this.#bar.start(Math.max(1, pace.activity.total), this.#value);
  }
}

/** Seconds between two lines. */
const lineEvery = 30;

class LineProgress implements Progress {
  #pace: Pace | undefined;
  #label = '';
  #lastLine = 0;

  start(activity: Activity): void {
    this.#pace = new Pace(activity);
    this.#label = activity.label;
    this.#lastLine = performance.now();
  }

  update(value: number, label: string = this.#label): void {
    this.#label = label;
    const now = performance.now();
    if (this.#pace === undefined || now - this.#lastLine < lineEvery * 1000) return;
    this.#lastLine = now;
    const { percentage, rate, left } = this.#pace.describe(value);
    process.stderr.write(`${[label, percentage, rate, left].filter((part) => part !== '').join(', ')}\n`);
  }

  stop(): void {
    this.#pace = undefined;
  }

  line(text: string): void {
    this.#lastLine = performance.now();
    process.stdout.write(`${text}\n`);
  }
}

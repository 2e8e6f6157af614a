import cliProgress from 'cli-progress';
import { duration, threeDigits } from './format.ts';
import { printable } from './printable.ts';

/** An activity that takes a while. */
interface Activity {
  /** Called whenever it is shown. */
  label(): string;
  /** Its total size; 0 if unknown. */
  readonly total: number;
  /** How much of it was done before it started. */
  readonly from?: number;
  /** The unit of the rate, and how much of the size makes one unit. */
  readonly unit: string;
  readonly perUnit?: number;
}

/** Shows the progress of an activity, and keeps lines of text apart from it. */
export interface Progress {
  start(activity: Activity): void;
  /** Cheap enough to be called for every step. */
  update(value: number): void;
  stop(): void;
  /** Writes a line to the output. Characters that are not printable appear as numbers. */
  line(text: string): void;
}

/** Where progress is shown and where lines go. */
export interface Streams {
  readonly screen: NodeJS.WriteStream;
  readonly output: NodeJS.WritableStream;
}

/** A bar on a terminal; elsewhere, a line now and then. */
export function makeProgress(
  streams: Streams = { screen: process.stderr, output: process.stdout },
): Progress {
  return streams.screen.isTTY ? new BarProgress(streams) : new LineProgress(streams);
}

/** A rate of less time than this, in milliseconds, says little: code is still being compiled, a disk still wakes up. */
const paceAfter = 2000;

/** An activity's rate since it first moved, and the remaining time. */
class Pace {
  readonly activity: Activity;
  value: number;
  #first: { readonly at: number; readonly value: number } | undefined;

  constructor(activity: Activity) {
    this.activity = activity;
    this.value = activity.from ?? 0;
  }

  /** What came before the first move, such as reading the first rows, does not count. */
  move(value: number, now: number): void {
    this.#first ??= { at: now, value };
    this.value = value;
  }

  /** Percentage, rate and remaining time, as far as they are known. */
  describe(): string[] {
    const { total, unit, perUnit = 1 } = this.activity;
    const { at = NaN, value = NaN } = this.#first ?? {};
    const elapsed = performance.now() - at;
    const rate = ((this.value - value) * 1000) / elapsed;
    const isKnown = rate > 0 && elapsed >= paceAfter;
    const parts: string[] = [];
    if (total > 0) parts.push(`${Math.floor((100 * this.value) / total)} %`);
    if (isKnown) parts.push(`${threeDigits(rate / perUnit)} ${unit}/s`);
    if (isKnown && total > 0) parts.push(`${duration((total - this.value) / rate)} left`);
    return parts;
  }
}

/** Milliseconds between two updates of a bar. */
const barEvery = 100;

class BarProgress implements Progress {
  readonly #streams: Streams;
  #pace: Pace | undefined;
  #bar: cliProgress.SingleBar | undefined;
  #lastShown = 0;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  start(activity: Activity): void {
    this.stop();
    this.#pace = new Pace(activity);
    this.#show(this.#pace);
  }

  update(value: number): void {
    const now = performance.now();
    if (this.#pace === undefined || now - this.#lastShown < barEvery) return;
    this.#lastShown = now;
    this.#pace.move(value, now);
    this.#bar?.update(value);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#pace = undefined;
  }

  line(text: string): void {
    this.#bar?.stop();
    this.#streams.output.write(`${printable(text)}\n`);
    if (this.#pace !== undefined) this.#show(this.#pace);
  }

  #show(pace: Pace): void {
    this.#bar = new cliProgress.SingleBar({
      stream: this.#streams.screen,
      clearOnComplete: true,
      hideCursor: null, // a killed program could not show it again
      barsize: 20,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      format: (options, { progress }) => {
        const bar = pace.activity.total > 0 ? [cliProgress.Format.BarFormat(progress, options)] : [];
        return [printable(pace.activity.label()), ...bar, ...pace.describe()].join('  ');
      },
    });
    this.#bar.start(Math.max(1, pace.activity.total), pace.value);
  }
}

/** Milliseconds between two lines. */
const lineEvery = 30_000;

class LineProgress implements Progress {
  readonly #streams: Streams;
  #pace: Pace | undefined;
  #lastLine = 0;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  start(activity: Activity): void {
    this.#pace = new Pace(activity);
    this.#lastLine = performance.now();
  }

  update(value: number): void {
    const now = performance.now();
    if (this.#pace === undefined) return;
    this.#pace.move(value, now);
    if (now - this.#lastLine < lineEvery) return;
    this.#lastLine = now;
    const parts = [this.#pace.activity.label(), ...this.#pace.describe()];
    this.#streams.screen.write(`${printable(parts.join(', '))}\n`);
  }

  stop(): void {
    this.#pace = undefined;
  }

  line(text: string): void {
    this.#lastLine = performance.now();
    this.#streams.output.write(`${printable(text)}\n`);
  }
}

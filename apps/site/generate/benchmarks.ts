import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart } from './bar-chart.ts';

/** What is read here of the JSON file that `npm run bench` writes. */
export interface Benchmark {
  readonly schema: 2;
  readonly started: string;
  readonly quick: boolean;
  readonly machine: {
    readonly processor: string;
    readonly processors: number;
    readonly load: number;
    readonly node: string;
  };
  readonly contenders: readonly { readonly id: string; readonly label: string; readonly ours: boolean }[];
  readonly rows: readonly Row[];
}

interface Row {
  readonly subject: Side;
  readonly peer: Side;
  readonly outcome:
    | { readonly status: 'measured'; readonly pairs: readonly (readonly [subject: number, peer: number])[] }
    | { readonly status: string };
}

interface Side {
  readonly contender: string;
  readonly threads: number;
  readonly workload: {
    readonly tensors: number;
    readonly length: number;
    readonly dtype: string;
    readonly phase: string;
  };
}

/** A row that was measured, in words and figures. */
export interface Comparison {
  readonly subject: string;
  readonly peer: string;
  readonly size: string;
  readonly phase: string;
  readonly threads: number;
  /** Milliseconds a step. */
  readonly time: number;
  readonly peerTime: number;
  /** It was so many times as fast as the peer. These are the quartiles. */
  readonly ratio: readonly [lower: number, median: number, upper: number];
}

/** The name of the newest file of the bench in a folder. @throws Error if there is none */
export function benchmarkFile(folder: string): string {
  const file = globSync('bench-*.json', { cwd: folder }).toSorted().at(-1);
  if (file === undefined) throw new Error(`${folder} has no file of the bench.`);
  return file;
}

/** What the newest file of the bench says. @throws Error if there is none, or its format is not known */
export function latestBenchmark(folder: string): Benchmark {
  const file = benchmarkFile(folder);
  const benchmark = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Benchmark;
  if (benchmark.schema !== 2) throw new Error(`${file} has a format that the site does not know.`);
  return benchmark;
}

export function comparisonsOf({ rows, contenders }: Benchmark): Comparison[] {
  const labelOf = (id: string): string => contenders.find((one) => one.id === id)?.label ?? id;
  return rows.flatMap(({ subject, peer, outcome }) => {
    if (!('pairs' in outcome) || outcome.pairs.length === 0) return [];
    const { tensors, length, phase } = subject.workload;
    return [
      {
        subject: labelOf(subject.contender),
        peer: labelOf(peer.contender),
        size: tensors === 1 ? countOf(length) : `${tensors} × ${countOf(length)}`,
        phase: phase === 'blending' ? 'averaging' : 'before averaging',
        threads: subject.threads,
        time: quantile(
          outcome.pairs.map(([time]) => time),
          0.5,
        ),
        peerTime: quantile(
          outcome.pairs.map(([, time]) => time),
          0.5,
        ),
        ratio: quartiles(outcome.pairs.map(([time, peerTime]) => peerTime / time)),
      },
    ];
  });
}

export function describeMachine({ machine, started, quick }: Benchmark): string {
  const [name = machine.processor] =
    /AMD EPYC|AMD Ryzen|Intel Xeon|Intel Core|Apple M\d+/.exec(
      machine.processor.replaceAll(/\((?:R|TM)\)/gi, ''),
    ) ?? [];
  const load = machine.load.toFixed(1);
  return (
    `Measured on ${started.slice(0, 10)}${quick ? ', in a quick run' : ''}, on ${machine.processors} cores of an ${name}, ` +
    `with Node ${machine.node}. The load average was ${load} at the start.`
  );
}

/** @param file the name of the file with all pairs of times */
export function benchmarksPart(benchmark: Benchmark, file: string): string {
  const comparisons = comparisonsOf(benchmark);
  const rows = comparisons.map(
    ({ subject, peer, size, phase, threads, time, peerTime, ratio: [lower, middle, upper] }) =>
      `| ${subject} | ${peer} | ${size}, ${phase} | ${threads} | ${milliseconds(time)} | ${milliseconds(peerTime)} | ${digits(middle)} (${digits(lower)}–${digits(upper)}) |`,
  );
  return `${[
    `${describeMachine(benchmark)} All times that were measured: [${file}](/evidence/${file}).`,
    barChart(
      comparisons.map(({ subject, peer, size, threads, ratio }) => ({
        label: `${subject} against ${peer}`,
        detail: `${size}, ${threads} thread${threads === 1 ? '' : 's'}`,
        values: ratio,
      })),
    ),
    [
      '| who | against | elements | threads | a step | theirs | times as fast (quartiles) |',
      '| --- | --- | --- | --: | --: | --: | --: |',
      ...rows,
    ].join('\n'),
  ].join('\n\n')}\n`;
}

function quartiles(values: readonly number[]): [number, number, number] {
  return [quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)];
}

/** Linear interpolation between the closest ranks, as the bench does it. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}

const countOf = (length: number): string =>
  length >= 2 ** 20 ? `${length / 2 ** 20} Mi` : `${length / 2 ** 10} Ki`;
const milliseconds = (time: number): string => `${time < 1 ? time.toPrecision(2) : time.toFixed(1)} ms`;
const digits = (ratio: number): string => (ratio < 10 ? ratio.toPrecision(2) : ratio.toFixed(0));

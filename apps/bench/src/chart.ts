import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Measurement, measurementsOf } from './measurements.ts';
import type { Entrant, Report } from './report.ts';
import { elementsOf, type Phase, sizeLabel } from './workload.ts';

const phaseTitles: Record<Phase, string> = { before: 'Before averaging', blending: 'Averaging' };

/** One point: a contender's time for one workload. */
interface Point {
  readonly contender: string;
  readonly ours: boolean;
  readonly size: string;
  readonly panel: string;
  readonly isOne: boolean;
  readonly threads: string;
  /** Nanoseconds per element. */
  readonly time: number;
  readonly lower: number;
  readonly upper: number;
}

/** A report's times as SVG. */
export async function drawChart(report: Report): Promise<string> {
  const view = new View(parse(compile(chartOf(report)).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Time per element, so that sizes compare: a panel for each phase and dtype, a line for each contender. */
export function chartOf(report: Report): TopLevelSpec {
  const measurements = measurementsOf(report);
  const points = measurements.map(toPoint);
  const { machine, started } = report;
  const contenders = report.entrants.filter(({ label }) =>
    points.some(({ contender }) => contender === label),
  );
  const sizes = measurements.toSorted(bySize).map(({ workload }) => sizeLabel(workload));
  const time = {
    type: 'quantitative',
    scale: { type: 'log', domain: aroundAll(points) },
    title: 'nanoseconds per element',
    axis: { format: '~g', values: ticks },
  } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    title: {
      text: 'One optimizer step: time per element (lower is faster)',
      subtitle:
        `${machine.processor}, Node ${machine.node}, ${started.toISOString().slice(0, 10)}. ` +
        'Medians, with bars from quartile to quartile. 256 × 4 Ki: 256 tensors in one group.',
      anchor: 'start',
      fontSize: 18,
      subtitleFontSize: 13,
      subtitleColor: '#444',
      subtitlePadding: 6,
      offset: 16,
    },
    data: { values: points },
    facet: {
      field: 'panel',
      type: 'nominal',
      title: null,
      header: { labelFontSize: 15, labelFontWeight: 'bold' },
    },
    columns: 2,
    spec: {
      width: 420,
      height: 360,
      encoding: {
        x: {
          field: 'size',
          type: 'ordinal',
          sort: unique(sizes),
          title: 'elements',
          axis: { labelAngle: 0, labelOverlap: false },
        },
        color: {
          field: 'contender',
          type: 'nominal',
          title: null,
          scale: { domain: contenders.map(({ label }) => label), range: colorsOf(contenders) },
        },
      },
      layer: [
        {
          transform: [{ filter: 'datum.isOne' }],
          mark: 'line',
          encoding: {
            y: { ...time, field: 'time' },
            strokeWidth: {
              field: 'ours',
              type: 'ordinal',
              scale: { domain: [false, true], range: [1.25, 3.5] },
              legend: null,
            },
            strokeDash: {
              field: 'threads',
              type: 'nominal',
              title: null,
              scale: { domain: threadLabels, range: [solid, dashed] },
            },
          },
        },
        {
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: { y: { ...time, field: 'lower' }, y2: { field: 'upper' } },
        },
        {
          mark: { type: 'point', filled: true, size: 80, opacity: 1 },
          encoding: {
            y: { ...time, field: 'time' },
            shape: {
              field: 'threads',
              type: 'nominal',
              title: null,
              scale: { domain: threadLabels, range: ['circle', 'diamond'] },
            },
          },
        },
      ],
    },
    // Each panel has the sizes that were measured in it, and its own numbers beside it.
    resolve: { scale: { x: 'independent' }, axis: { x: 'independent', y: 'independent' } },
    config: {
      view: { stroke: '#ccc' },
      axis: { gridColor: '#e4e4e4', labelFontSize: 13, titleFontSize: 13, titleFontWeight: 'normal' },
      legend: { labelFontSize: 14, labelLimit: 0, symbolSize: 110, symbolOpacity: 1, rowPadding: 5 },
    },
  };
}

/** One, two and five in each power of ten: a logarithmic axis with more has numbers that touch. */
const ticks = [-3, -2, -1, 0, 1, 2, 3, 4].flatMap((power) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${power}`)),
);

const threadLabels = ['1 thread', '2 threads'];
const solid = [1, 0];
const dashed = [5, 4];

/** Colors that people with red-green color blindness can tell apart (after Okabe and Ito); the strong ones are ours. */
const colors = {
  ours: [
    '#0072b2',
    '#d55e00',
    '#ff9d5c',
    '#009e73',
    '#5fd0ae',
    '#0b5d3b',
    '#8fbf3f',
    '#3b3b98',
    '#8e8ee6',
    '#c2185b',
    '#f48fb1',
  ],
  peers: [
    '#000000',
    '#8c8c8c',
    '#e69f00',
    '#f0c95a',
    '#7b4b94',
    '#cc79a7',
    '#56b4e9',
    '#8c564b',
    '#c49c94',
    '#4d4d4d',
    '#bdb76b',
    '#b0b0b0',
    '#6b8e9e',
    '#5d4037',
    '#a1887f',
  ],
};

function colorsOf(contenders: readonly Entrant[]): string[] {
  const left = { ours: [...colors.ours], peers: [...colors.peers] };
  return contenders.map(({ ours }) => (ours ? left.ours : left.peers).shift() ?? '#000000');
}

/** From a little below all points and bars to a little above them. */
function aroundAll(points: readonly Point[]): [number, number] {
  return [
    Math.min(...points.map(({ lower }) => lower)) / 1.25,
    Math.max(...points.map(({ upper }) => upper)) * 1.25,
  ];
}

function unique(labels: readonly string[]): string[] {
  return [...new Set(labels)];
}

function toPoint({ entrant, workload, threads, time }: Measurement): Point {
  const perElement = (milliseconds: number): number => (milliseconds * 1e6) / elementsOf(workload);
  return {
    contender: entrant.label,
    ours: entrant.ours,
    size: sizeLabel(workload),
    panel: `${phaseTitles[workload.phase]}, ${workload.dtype}`,
    isOne: workload.tensors === 1,
    threads: threads === 1 ? '1 thread' : `${threads} threads`,
    time: perElement(time.median),
    lower: perElement(time.lower),
    upper: perElement(time.upper),
  };
}

/** Single tensors by length, then the groups of many. */
function bySize({ workload: a }: Measurement, { workload: b }: Measurement): number {
  return a.tensors - b.tensors || a.length - b.length;
}

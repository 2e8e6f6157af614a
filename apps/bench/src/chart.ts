import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Measurement, measurementsOf } from './measurements.ts';
import type { Report } from './report.ts';
import { elementsOf, type Phase, sizeLabel } from './workload.ts';

const phaseTitles: Record<Phase, string> = { before: 'Before averaging', blending: 'Blending' };

/** One point: a contender's time for one workload. */
interface Point {
  readonly contender: string;
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
  const sizes = [...new Set(measurements.toSorted(bySize).map(({ workload }) => sizeLabel(workload)))];
  const contenders = report.entrants
    .map(({ label }) => label)
    .filter((label) => points.some((point) => point.contender === label));
  const { machine, started } = report;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    title: {
      text: 'One optimizer step, nanoseconds per element: lower is faster',
      subtitle: `${machine.processor}, Node ${machine.node}, ${started.toISOString().slice(0, 10)}. Bars span the quartiles.`,
      anchor: 'start',
      fontSize: 16,
      subtitleColor: '#555',
      offset: 12,
    },
    data: { values: points },
    facet: {
      field: 'panel',
      type: 'nominal',
      title: null,
      sort: [...new Set(points.map(({ panel }) => panel))].toSorted(),
      header: { labelFontSize: 13, labelFontWeight: 'bold' },
    },
    columns: 2,
    spec: {
      width: 340,
      height: 300,
      encoding: {
        x: {
          field: 'size',
          type: 'ordinal',
          sort: sizes,
          title: 'elements',
          axis: { labelAngle: 0, grid: true },
        },
        color: {
          field: 'contender',
          type: 'nominal',
          sort: contenders,
          scale: { domain: contenders, range: palette.slice(0, contenders.length) },
          title: null,
        },
      },
      layer: [
        {
          transform: [{ filter: 'datum.isOne' }],
          mark: { type: 'line', strokeWidth: 2 },
          encoding: {
            y: { field: 'time', type: 'quantitative' },
            strokeDash: {
              field: 'threads',
              type: 'nominal',
              title: null,
              scale: {
                domain: ['1 thread', '2 threads'],
                range: [
                  [1, 0],
                  [5, 4],
                ],
              },
            },
          },
        },
        {
          mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
          encoding: { y: { field: 'lower', type: 'quantitative' }, y2: { field: 'upper' } },
        },
        {
          mark: { type: 'point', filled: true, size: 55, opacity: 1 },
          encoding: {
            y: {
              field: 'time',
              type: 'quantitative',
              scale: { type: 'log' },
              title: 'ns per element',
              axis: { format: '~g' },
            },
            shape: {
              field: 'threads',
              type: 'nominal',
              title: null,
              scale: { domain: ['1 thread', '2 threads'], range: ['circle', 'diamond'] },
            },
          },
        },
      ],
    },
    config: {
      view: { stroke: '#ccc' },
      axis: { gridColor: '#eee', labelFontSize: 11 },
      legend: { labelFontSize: 12, labelLimit: 240 },
    },
  };
}

/** Ours first and darkest; the rest told apart by people who do not see red or green as well (Okabe and Ito). */
const palette = ['#0072b2', '#000000', '#e69f00', '#d55e00', '#cc79a7', '#009e73', '#56b4e9', '#999999'];

function toPoint({ entrant, workload, threads, time }: Measurement): Point {
  const perElement = (milliseconds: number): number => (milliseconds * 1e6) / elementsOf(workload);
  return {
    contender: entrant.label,
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

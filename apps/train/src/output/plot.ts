import type { TopLevelSpec } from 'vega-lite';
import type { EpochRecord } from '../history.ts';
import { printable } from './printable.ts';

/** What a plot shows. */
export interface PlotContent {
  readonly title: string;
  readonly subtitle: string;
  readonly history: readonly EpochRecord[];
  /** Where averaging began, in epochs; `undefined` if it did not. */
  readonly averagingFrom: number | undefined;
  /** Labels are numbers, so the errors are root mean squared errors. */
  readonly numbers: boolean;
}

type Panel = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number];
type Layers = Extract<NonNullable<Panel>, { layer: unknown }>;

const last = 'last iterate';
const average = 'average';

/** Test loss and test error of the last iterate and of the average against epochs, as SVG. */
export async function plot(content: PlotContent): Promise<string> {
  // Heavy, and few runs need it, so it is loaded only then.
  const [{ compile }, vega] = await Promise.all([import('vega-lite'), import('vega')]);
  const { spec } = compile(specification(content), { logger: vega.logger(vega.Error) });
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function specification({ title, subtitle, history, averagingFrom, numbers }: PlotContent): TopLevelSpec {
  const values = history.flatMap(({ epoch, last: ofLast, average: ofAverage }) => [
    { epoch, model: last, loss: ofLast.loss, error: ofLast.error },
    ...(ofAverage === null ? [] : [{ epoch, model: average, loss: ofAverage.loss, error: ofAverage.error }]),
  ]);
  const epochs = history.length;
  const epochAxis = {
    field: 'epoch',
    type: 'quantitative',
    title: 'epoch',
    scale: { domainMin: 0, domainMax: epochs, nice: false },
    axis: { tickMinStep: 1, format: 'd', grid: false },
  } as const;
  const color = {
    field: 'model',
    type: 'nominal',
    title: null,
    scale: { domain: [last, average], range: ['#d95f02', '#1b6ca8'] },
    legend: { orient: 'top', symbolType: 'stroke', symbolStrokeWidth: 3, labelFontSize: 13, offset: 22 },
  } as const;
  const panel = (field: 'loss' | 'error', name: string, axis: { format?: string } = {}): Panel => ({
    width: 380,
    height: 280,
    layer: [
      {
        mark: { type: 'line', strokeWidth: 2, point: { size: 22, filled: true } },
        encoding: {
          x: epochAxis,
          y: {
            field,
            type: 'quantitative',
            title: name,
            scale: { zero: false, nice: true, padding: 6 },
            axis,
          },
          color,
        },
      },
      ...(averagingFrom === undefined || averagingFrom > epochs ? [] : [beginning(averagingFrom)]),
    ],
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    title: {
      text: printable(title),
      subtitle: printable(subtitle),
      anchor: 'start',
      fontSize: 16,
      subtitleFontSize: 12,
      subtitleColor: '#555',
      offset: 14,
    },
    data: { values },
    hconcat: [
      panel('loss', 'test loss'),
      numbers ? panel('error', 'test RMSE') : panel('error', 'test error', { format: '.1%' }),
    ],
    spacing: 36,
    config: {
      font: 'Helvetica, Arial, sans-serif',
      axis: { labelFontSize: 12, titleFontSize: 13, titleFontWeight: 'normal', gridColor: '#e6e6e6' },
      view: { stroke: '#bbb' },
    },
  };
}

/** A vertical line where averaging began. */
function beginning(epoch: number): Layers {
  const x = { datum: epoch, type: 'quantitative' } as const;
  return {
    data: { values: [{ text: 'averaging begins' }] },
    layer: [
      { mark: { type: 'rule', strokeDash: [4, 4], color: '#888' }, encoding: { x } },
      {
        mark: {
          type: 'text',
          align: 'left',
          baseline: 'bottom',
          dx: -1,
          dy: -5,
          fontSize: 11,
          color: '#666',
          y: 0,
        },
        encoding: { x, text: { field: 'text' } },
      },
    ],
  };
}

import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** After so many rounds on so many machines, the test loss and the share of errors. */
export interface Round {
  readonly machines: number;
  readonly round: number;
  readonly loss: number;
  readonly error: number;
}

/** One pass over shards of so many rows: merged, and what the first of them learned alone. */
export interface OneShot {
  readonly machines: number;
  readonly rows: number;
  readonly merged: { readonly loss: number; readonly error: number };
  readonly alone: { readonly loss: number; readonly error: number };
}

const machineColors = ['#222', '#1b6ca8', '#1b9e77', '#d95f02'];

/** Both as SVG, one below the other: as wide as a page of text. */
export async function draw({
  rounds,
  oneShot,
}: {
  readonly rounds: readonly Round[];
  readonly oneShot: readonly OneShot[];
}): Promise<string> {
  const machines = [...new Set(rounds.map((each) => each.machines))];
  const shards = oneShot.flatMap(({ rows, merged, alone }) => [
    { rows, model: 'all shards, merged', ...merged },
    { rows, model: 'one shard alone', ...alone },
  ]);
  const legend = {
    orient: 'top',
    symbolType: 'stroke',
    symbolStrokeWidth: 3,
    labelFontSize: 12,
    labelLimit: 240,
  } as const;
  const mark = { type: 'line', strokeWidth: 2, point: { size: 26, filled: true } } as const;
  const loss = {
    field: 'loss',
    type: 'quantitative',
    title: 'test loss of the average',
    scale: { zero: false, padding: 6 },
  } as const;
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    title: {
      text: 'Merging models of several machines',
      subtitle: [
        "100 000 rows with RCV1's shape, logistic regression,",
        "one pass over a machine's rows in each round",
      ],
      anchor: 'start',
      fontSize: 16,
      subtitleFontSize: 12,
      subtitleColor: '#555',
      offset: 14,
    },
    spacing: 32,
    vconcat: [
      {
        title: 'Rounds: each starts from the last merged model',
        width: 480,
        height: 240,
        data: { values: [...rounds] },
        mark,
        encoding: {
          x: {
            field: 'round',
            type: 'quantitative',
            title: 'round',
            axis: { tickMinStep: 1, format: 'd', grid: false },
          },
          y: loss,
          color: {
            field: 'machines',
            type: 'nominal',
            title: 'machines',
            scale: { domain: machines, range: machineColors },
            legend,
          },
        },
      },
      {
        title: 'One shot: a single round, on ever smaller shards',
        width: 480,
        height: 240,
        data: { values: shards },
        mark,
        encoding: {
          x: {
            field: 'rows',
            type: 'quantitative',
            title: 'rows in a shard',
            scale: { type: 'log', reverse: true },
            axis: { grid: false, values: oneShot.map(({ rows }) => rows), format: ',d' },
          },
          y: loss,
          color: {
            field: 'model',
            type: 'nominal',
            title: null,
            scale: { range: ['#1b6ca8', '#d95f02'] },
            legend,
          },
        },
      },
    ],
    resolve: { scale: { color: 'independent', y: 'independent' } },
    config: {
      font: 'Helvetica, Arial, sans-serif',
      axis: { labelFontSize: 12, titleFontSize: 13, titleFontWeight: 'normal', gridColor: '#e6e6e6' },
      title: { fontSize: 13, fontWeight: 'normal' },
      view: { stroke: '#bbb' },
    },
  };
  const view = new vega.View(vega.parse(compile(spec, { logger: vega.logger(vega.Error) }).spec), {
    renderer: 'none',
  });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

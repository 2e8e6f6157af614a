import type { Epoch } from './training.ts';

/** What the chart shows. */
export interface Curves {
  readonly points: readonly Epoch[];
  /** How many epochs the x axis has. */
  readonly epochs: number;
  /** The epoch in whose course averaging begins, once that is known. It need not be a whole number. */
  readonly begins?: number | undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A scale: from a value to a place on the page. */
type Scale = (value: number) => number;

const margin = { top: 12, right: 16, bottom: 40, left: 44 } as const;
/** Errors have a logarithmic scale: what they differ by at the end would not be seen beside the first epochs. */
const marks = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const;

/** Draws both curves as SVG of this size, in pixels. */
export function drawChart({ points, epochs, begins }: Curves, { width, height }: Size): string {
  const right = Math.max(margin.left + 1, width - margin.right);
  const bottom = Math.max(margin.top + 1, height - margin.bottom);
  const ticks = ticksFor(points);
  const [low, high] = [ticks[0] ?? 0.01, ticks.at(-1) ?? 1];
  const x: Scale = (epoch) => margin.left + ((epoch - 1) / Math.max(1, epochs - 1)) * (right - margin.left);
  const y: Scale = (error) => {
    const share = Math.log(Math.max(error, low) / low) / Math.log(high / low);
    return bottom - share * (bottom - margin.top);
  };
  const lines = [
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${margin.left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}" />` +
        `<text x="${margin.left - 8}" y="${y(tick)}" dy="0.35em" text-anchor="end">${percent(tick, 0)}</text>`,
    ),
    ...epochMarks(epochs, right - margin.left).map(
      (epoch) => `<text x="${x(epoch)}" y="${bottom + 18}" text-anchor="middle">${epoch}</text>`,
    ),
    `<text x="${(margin.left + right) / 2}" y="${bottom + 36}" text-anchor="middle">epoch</text>`,
    begins === undefined ? '' : marker(x(Math.max(1, begins)), bottom, right),
    curve('average', points, x, y),
    curve('last', points, x, y), // thinner, so that both are seen where they are the same
  ];
  const label = `<title>${describeCurves(points)}</title>`;
  return `<svg role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${label}${lines.join('')}</svg>`;
}

/** `7.9 %` */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.01 ? 1 : digits)} %`;
}

function curve(which: 'last' | 'average', points: readonly Epoch[], x: Scale, y: Scale): string {
  const places = points.map((point) => [x(point.epoch), y(point[which])] as const);
  const end = places.at(-1);
  if (!end) return '';
  const line = places.map((place) => place.map((at) => at.toFixed(1)).join(',')).join(' ');
  return (
    `<polyline class="${which}" points="${line}" />` +
    `<circle class="${which}" cx="${end[0]}" cy="${end[1]}" r="${which === 'last' ? 3.5 : 4.5}" />`
  );
}

function marker(at: number, bottom: number, right: number): string {
  if (at > right) return '';
  const [anchor, shift] = at > right - 130 ? ['end', -6] : ['start', 6];
  return (
    `<line class="begins" x1="${at}" x2="${at}" y1="${margin.top}" y2="${bottom}" />` +
    `<text x="${at + shift}" y="${margin.top + 10}" text-anchor="${anchor}">averaging begins</text>`
  );
}

/** The marks from just below the smallest error to just above the largest. */
function ticksFor(points: readonly Epoch[]): readonly number[] {
  const errors = points.flatMap(({ last, average }) => [last, average]);
  const [smallest, largest] = errors.length > 0 ? [Math.min(...errors), Math.max(...errors)] : [0.05, 0.5];
  const from = Math.max(
    0,
    marks.findLastIndex((mark) => mark <= smallest),
  );
  const to = marks.findIndex((mark) => mark >= largest);
  return marks.slice(Math.min(from, to - 1), to + 1);
}

function epochMarks(epochs: number, width: number): readonly number[] {
  const apart = [1, 2, 5, 10, 20, 50, 100, 200].find((step) => (epochs / step) * 32 <= width) ?? 500;
  const all = Array.from({ length: Math.floor(epochs / apart) }, (_, index) => (index + 1) * apart);
  return apart === 1 ? all : [1, ...all];
}

function describeCurves(points: readonly Epoch[]): string {
  const end = points.at(-1);
  if (!end) return 'Errors of the last iterate and of the average by epoch: nothing yet.';
  return (
    `Errors by epoch. After epoch ${end.epoch} the last iterate has ${percent(end.last)}, ` +
    `the average ${percent(end.average)}.`
  );
}

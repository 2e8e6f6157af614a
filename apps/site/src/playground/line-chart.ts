/** Values of the iterate and of the average at a step. */
export interface ChartPoint {
  readonly step: number;
  readonly iterate: number;
  readonly average: number;
}

export interface ChartShape {
  readonly iterate: string;
  readonly average: string;
  readonly ticks: readonly { readonly y: number; readonly label: string }[];
  readonly steps: readonly { readonly x: number; readonly label: string }[];
}

/** The room around the curves, and the height of the drawing. */
export const chartSize = { height: 220, left: 52, right: 12, top: 10, bottom: 28 } as const;

/**
 * Both curves on a logarithmic scale, as points of polylines. Values that are 0 lie on the lower edge.
 * @param width of the drawing, in the page's pixels: nothing is scaled, so that words are as large on every screen
 */
export function chartShape(
  points: readonly ChartPoint[],
  steps: number,
  format: (value: number) => string,
  width: number,
): ChartShape {
  const { height, left, right, top, bottom } = chartSize;
  const values = points.flatMap(({ iterate, average }) => [iterate, average]).filter((value) => value > 0);
  const marks = ticksAround(values);
  const [low, high] = [marks[0] ?? 0.1, marks.at(-1) ?? 1];
  const x = (step: number): number =>
    left + (Math.min(step, steps) / Math.max(1, steps)) * (width - left - right);
  const y = (value: number): number => {
    const share = Math.log(Math.max(value, low) / low) / Math.log(high / low);
    return height - bottom - Math.min(1, share) * (height - top - bottom);
  };
  const line = (which: 'iterate' | 'average'): string =>
    thinned(points)
      .map((point) => `${x(point.step).toFixed(1)},${y(point[which]).toFixed(1)}`)
      .join(' ');
  return {
    iterate: line('iterate'),
    average: line('average'),
    ticks: points.length === 0 ? [] : marks.map((value) => ({ y: y(value), label: format(value) })),
    steps:
      points.length === 0
        ? []
        : [0, Math.round(steps / 2), steps].map((step) => ({ x: x(step), label: String(step) })),
  };
}

/** The marks 1, 2 and 5 of each decade from just below the smallest value to just above the largest. */
function ticksAround(values: readonly number[]): readonly number[] {
  const smallest = values.reduce((least, value) => Math.min(least, value), Infinity);
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!(smallest <= largest)) return [0.1, 1];
  const all = Array.from({ length: 24 }, (_, index) =>
    [1, 2, 5].map((digit) => Number(`${digit}e${index - 12}`)),
  ).flat();
  const from = Math.max(
    0,
    all.findLastIndex((mark) => mark <= smallest),
  );
  const to = all.findIndex((mark) => mark >= largest);
  const found = all.slice(from, Math.max(to, from + 1) + 1);
  return found.length <= 6
    ? found
    : found.filter(
        (mark, at) => at === 0 || at === found.length - 1 || /^1(?:e|0*$)|^0\.0*1$/.test(String(mark)),
      );
}

/** At most 300 of the points, the last one included. */
function thinned(points: readonly ChartPoint[]): readonly ChartPoint[] {
  const apart = Math.ceil(points.length / 300);
  return apart <= 1
    ? points
    : points.filter((_, index) => index % apart === 0 || index === points.length - 1);
}

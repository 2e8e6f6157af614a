/** A bar: what it is of, and its quartiles. */
export interface Bar {
  readonly label: string;
  readonly detail: string;
  readonly values: readonly [lower: number, median: number, upper: number];
}

const row = 34;
const width = 640;
const ends = [0.1, 100] as const;

/**
 * Bars from 1 (equally fast) to a ratio, on a logarithmic scale, with a line between the quartiles. SVG in one piece,
 * without empty lines, so that Markdown leaves it as it is.
 */
export function barChart(bars: readonly Bar[]): string {
  const height = bars.length * row + 28;
  const one = place(1);
  const marks = [0.1, 0.3, 1, 3, 10, 30, 100].map(
    (mark) =>
      `<line class="grid" x1="${place(mark)}" x2="${place(mark)}" y1="0" y2="${height - 24}"/>` +
      `<text class="mark" x="${place(mark)}" y="${height - 8}" text-anchor="middle">${mark}</text>`,
  );
  const drawn = bars.map(({ label, detail, values: [lower, middle, upper] }, index) => {
    const top = index * row;
    const [from, to] = [Math.min(one, place(middle)), Math.max(one, place(middle))];
    return (
      `<rect class="${middle >= 1 ? 'faster' : 'slower'}" x="${from}" y="${top + 18}" width="${to - from}" height="8"/>` +
      `<line class="spread" x1="${place(lower)}" x2="${place(upper)}" y1="${top + 22}" y2="${top + 22}"/>` +
      `<text x="0" y="${top + 12}">${label} <tspan class="detail">${detail}</tspan></text>`
    );
  });
  const described = `How many times as fast as its peer each backend is: ${bars.length} bars, whose numbers are in the table below.`;
  return `<svg class="bars" role="img" aria-label="${described}" viewBox="0 0 ${width} ${height}">${marks.join('')}${drawn.join('')}</svg>`;
}

function place(ratio: number): number {
  const [low, high] = ends;
  const share = Math.log(Math.min(Math.max(ratio, low), high) / low) / Math.log(high / low);
  return Math.round(10 + share * (width - 40));
}

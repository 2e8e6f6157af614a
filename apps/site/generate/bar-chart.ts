/** A bar: what it is of, and its quartiles. */
export interface Bar {
  readonly label: string;
  readonly detail: string;
  readonly values: readonly [lower: number, median: number, upper: number];
}

const marks = [0.1, 0.3, 1, 3, 10, 30, 100] as const;

/**
 * Bars from 1 (equally fast) to a ratio, on a logarithmic scale, with a line between the quartiles. Words are HTML, so
 * that they are as large on a phone, and only the bars are stretched. In one piece, without empty lines, so that
 * Markdown leaves it as it is.
 */
export function barChart(bars: readonly Bar[]): string {
  const grid = marks
    .map((mark) => `<line class="grid" x1="${place(mark)}" x2="${place(mark)}" y1="0" y2="12"/>`)
    .join('');
  const rows = bars.map(
    ({ label, detail, values }) =>
      `<div class="bar"><span>${label} <small>${detail}</small></span>` +
      `<svg viewBox="0 0 100 12" preserveAspectRatio="none">${grid}${drawn(values)}</svg></div>`,
  );
  const scale = marks.map((mark) => `<span style="left: ${place(mark)}%">${mark}</span>`).join('');
  const described = `How many times as fast as its peer each backend is: ${bars.length} bars, whose numbers are in the table below.`;
  return `<div class="bars" role="img" aria-label="${described}">${rows.join('')}<div class="scale">${scale}</div></div>`;
}

function drawn([lower, median, upper]: Bar['values']): string {
  const [from, to] = [Math.min(place(1), place(median)), Math.max(place(1), place(median))];
  return (
    `<rect class="${median >= 1 ? 'faster' : 'slower'}" x="${from}" y="2" width="${(to - from).toFixed(1)}" height="8"/>` +
    `<line class="spread" x1="${place(lower)}" x2="${place(upper)}" y1="6" y2="6"/>`
  );
}

/** Where a ratio is between the first mark and the last, as a percentage with room for the marks' words. */
function place(ratio: number): number {
  const [low, high] = [marks[0], marks.at(-1) ?? 100];
  const share = Math.log(Math.min(Math.max(ratio, low), high) / low) / Math.log(high / low);
  return Math.round(10 * (3 + 94 * share)) / 10;
}

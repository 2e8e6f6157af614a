import { describeVerdict, type Report, summarize, type Verdict } from './report.ts';
import { escapeXml } from './xml.ts';

// Dark enough for white text, at a contrast of 4.5 or more (WCAG 2.2, AA).
const [green, amber, red, grey, dark] = ['#1a7f37', '#9a6700', '#b42318', '#57606a', '#32383f'];

/** A selection is never green: that some cases pass does not say that a backend conforms. */
const colors: Readonly<Record<Verdict, string>> = {
  conforms: green,
  'conforms with exceptions': amber,
  'does not conform': red,
  'the selection passes': grey,
  'the selection fails': red,
  unfinished: grey,
};

const height = 20;
const margin = 7;

/** Pixels for a character, on average. Whatever the font, a text is set to the width that this comes to. */
const characterWidth = 6.4;

/** A report as a small picture, in SVG: the version of the suite, and what it says of the backend. */
export function toBadge(report: Report): string {
  const [left, right] = [`asgd-conformance ${report.suite.version}`, describeVerdict(report)];
  const [leftWidth, rightWidth] = [left, right].map((text) => widthOf(text) + 2 * margin) as [number, number];
  const summary = escapeXml(summarize(report));
  const write = (text: string, x: number): string =>
    `<text x="${x + margin}" y="14" textLength="${widthOf(text)}">${escapeXml(text)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${leftWidth + rightWidth}" height="${height}" role="img" aria-label="${summary}">`,
    `<title>${summary}</title>`,
    // Without ids, which badges in one page would share.
    `<rect width="${leftWidth + rightWidth}" height="${height}" rx="3" fill="${colors[report.verdict]}"/>`,
    `<path d="M${leftWidth} 0v${height}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="${dark}"/>`,
    '<g fill="#fff" font-family="Verdana, DejaVu Sans, Geneva, sans-serif" font-size="11">',
    write(left, 0),
    write(right, leftWidth),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function widthOf(text: string): number {
  return Math.ceil(text.length * characterWidth);
}

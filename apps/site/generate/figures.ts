import { comparisonsOf, describeMachine, latestBenchmark } from './benchmarks.ts';
import { type Document, sectionsOf } from './documents.ts';
import { evidenceFolder, readConformance } from './evidence.ts';
import { figure } from './keep-together.ts';

interface Figure {
  readonly value: string;
  readonly says: string;
  readonly source: string;
}

/** The three figures of the home page, each with where it comes from. */
export function figuresPart(documents: readonly Document[]): string {
  const figures = [digitsFigure(documents), bitsFigure(), speedFigure()];
  const items = figures.map(
    ({ value, says, source }) =>
      `<li><strong>${value}</strong><span>${says}</span><small>${source}</small></li>`,
  );
  const list = `<ul class="figures">${items.join('')}</ul>\n`;
  return list.replaceAll(figure, '<span class="whole">$&</span>');
}

/** What the README of asgd-train shows of `npm run demo`. */
function digitsFigure(documents: readonly Document[]): Figure {
  const readme = documents.find(({ name }) => name === 'train')?.text ?? '';
  const text = sectionsOf(readme).find(({ body }) => body.includes('npm run demo'))?.body ?? '';
  const found =
    /from (?<last>[\d.]+ %) \(last iterate\) to (?<average>[\d.]+ %) \(average\)/.exec(text)?.groups ?? {};
  const { last = '', average = '' } = found;
  if (average === '') throw new Error('The README of asgd-train no longer shows what averaging came to.');
  return {
    value: `${last} → ${average}`,
    says: 'test error on handwritten digits: the last iterate, and the average of the same run',
    source: 'Source: <code>npm run demo</code>, as the README of asgd-train shows it',
  };
}

function bitsFigure(): Figure {
  const { reports, date, torch } = readConformance();
  const cpu = reports.find(({ subject }) => subject === 'cpu');
  if (cpu === undefined) throw new Error('evidence/conformance.json has no report of cpu.');
  return {
    value: `${cpu.recorded.withItsBits} of ${cpu.recorded.passed}`,
    says: `recorded runs of PyTorch ${torch} come out the same to the last bit; the others are derivatives, a few ulp away at most`,
    source: `Source: <a href="./evidence.html#conformance">the conformance reports</a> of ${date}`,
  };
}

function speedFigure(): Figure {
  const benchmark = latestBenchmark(evidenceFolder);
  const found = comparisonsOf(benchmark).find(
    ({ subject, peer, phase, size }) =>
      subject === 'asgd wasm' &&
      /TensorFlow\.js wasm/.test(peer) &&
      !/adam/i.test(peer) &&
      size === '1 Mi' &&
      phase === 'averaging',
  );
  if (found === undefined) throw new Error('The bench did not compare wasm with TensorFlow.js.');
  return {
    value: `${found.ratio[0].toPrecision(2)} to ${found.ratio[2].toPrecision(2)} times`,
    says: 'as fast as a momentum step of TensorFlow.js (quartiles): both in WebAssembly on one thread, with a million (2²⁰) float32 numbers, averaging included',
    source: `Source: <a href="./evidence.html#speed">the bench</a>. ${describeMachine(benchmark).split('. The load')[0] ?? ''}.`,
  };
}

import type { Columns } from '../data/columns.ts';
import type { Subset } from '../data/subset.ts';
import { weightsOf } from '../model.ts';
import { version } from '../options.ts';
import type { Session } from '../session.ts';
import { printableJson } from './printable.ts';

/** Models with more numbers than this are left out; the checkpoint has them. */
const mostNumbers = 1_000_000;

/** So many numbers or names become text at a time: as one text they would take more memory than the model. */
const pieceLength = 4096;

/** Everything about a run, as JSON. */
export function* report(session: Session, summary: string): Generator<string> {
  const { data, settings, history, stepsPerEpoch, averagingFrom = null, heldOutLosses } = session;
  const { last, average } = session.models();
  const { preparation } = data;
  const { columns } = data.training.table;
  const isLarge = data.features * data.task.outputs > mostNumbers;
  const entries: Readonly<Record<string, unknown>> = {
    program: { name: 'asgd-train', version, node: process.version },
    settings,
    lr: session.lr,
    interceptStep: data.interceptStep,
    data: {
      features: data.features,
      classes: data.task.classes,
      training: describe(data.training),
      test: describe(data.test),
      heldOut: data.heldOut === undefined ? null : { rows: data.heldOut.count },
    },
    featureNames: columns === undefined || isLarge ? null : namesOf(columns),
    preparation: preparation === null || isLarge ? null : preparation,
    stepsPerEpoch,
    averagingFrom,
    heldOutLosses,
    history,
    summary,
    model: isLarge ? null : { last: weightsOf(last), average: weightsOf(average ?? last) },
  };
  let before = '{\n';
  for (const [key, value] of Object.entries(entries)) {
    yield `${before}${JSON.stringify(key)}: `;
    for (const piece of pieces(value, key === 'history')) yield printableJson(piece);
    before = ',\n';
  }
  yield '\n}\n';
}

function describe(subset: Subset): object {
  const { name, fingerprint } = subset.table;
  return { name, rows: subset.count, fingerprint };
}

function* namesOf(columns: Columns): Generator<string> {
  for (const { name } of columns.describeFeatures()) yield name;
}

/** JSON in pieces. Typed arrays and generators are lists; one of objects may have a line for each. */
function* pieces(value: unknown, inLines = false): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value);
    return;
  }
  if (Symbol.iterator in value) {
    const separator = inLines ? ',\n  ' : ',';
    let piece = inLines ? '[\n  ' : '[';
    let count = 0;
    for (const item of value as Iterable<unknown>) {
      piece += `${count === 0 ? '' : separator}${JSON.stringify(item)}`;
      count += 1;
      if (count % pieceLength !== 0) continue;
      yield piece;
      piece = '';
    }
    yield `${piece}${inLines ? '\n]' : ']'}`;
    return;
  }
  let before = '{';
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    yield `${before}${JSON.stringify(key)}:`;
    yield* pieces(item);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

import type { Preparation } from '../data/preparation.ts';
import type { Subset } from '../data/subset.ts';
import { type Model, weightsOf } from '../model.ts';
import { version } from '../options.ts';
import type { Session } from '../session.ts';
import { printableJson } from './printable.ts';

/** Models with more numbers than this are left out; the checkpoint has them. */
const mostNumbers = 1_000_000;

/** Everything about a run, as JSON. */
export function report(session: Session, summary: string): string {
  const { data, settings, history, stepsPerEpoch, averagingFrom = null, heldOutLosses } = session;
  const { last, average } = session.models();
  const { preparation } = data;
  const { columns } = data.training.table;
  const isLarge = data.features * data.task.outputs > mostNumbers;
  const full = {
    program: { name: 'asgd-train', version, node: process.version },
    settings,
    lr: session.lr,
    interceptStep: data.interceptStep,
    data: {
      features: data.features,
      featureNames:
        columns === undefined || isLarge ? null : [...columns.describeFeatures()].map(({ name }) => name),
      classes: data.task.classes,
      training: describe(data.training),
      test: describe(data.test),
      heldOut: data.heldOut === undefined ? null : { rows: data.heldOut.count },
    },
    preparation: preparation === null || isLarge ? null : plainArrays(preparation),
    stepsPerEpoch,
    averagingFrom,
    heldOutLosses,
    history,
    summary,
    model: isLarge ? null : { last: plain(last), average: plain(average ?? last) },
  };
  return printableJson(object(full));
}

function describe(subset: Subset): object {
  const { name, fingerprint } = subset.table;
  return { name, rows: subset.count, fingerprint };
}

function plainArrays({ mean, deviation }: Preparation): object {
  return { mean: [...mean], deviation: deviation === null ? null : [...deviation] };
}

function plain(model: Model): { weight: number[]; bias: number[] } {
  const { weight, bias } = weightsOf(model);
  return { weight: [...weight], bias: [...bias] };
}

/** One line for each key, and for each item of a list of objects. */
function object(content: object): string {
  const lines = Object.entries(content).map(([key, value]) => `${JSON.stringify(key)}: ${list(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function list(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return `[\n${value.map((item) => `  ${JSON.stringify(item)}`).join(',\n')}\n]`;
}

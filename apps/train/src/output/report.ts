import type { Backend } from '@asgd/core';
import type { Preparation } from '../data/preparation.ts';
import type { Subset } from '../data/subset.ts';
import type { Linear } from '../model/linear.ts';
import { version } from '../options.ts';
import type { Session } from '../session.ts';
import { printableJson } from './printable.ts';

/** Models with more numbers than this are left out; the checkpoint has them. */
const mostNumbers = 1_000_000;

/** Everything about a run, as JSON. */
export async function report(session: Session, backend: Backend, summary: string): Promise<string> {
  const { data, settings, history, stepsPerEpoch, averagingFrom = null, heldOutLosses } = session;
  const { last, average } = await session.models();
  const { preparation } = data;
  const { columns } = data.training.table;
  const isLarge = last.weight.length > mostNumbers;
  const full = {
    program: { name: 'asgd-train', version, node: process.version },
    backend: { name: backend.name, capabilities: backend.capabilities },
    settings,
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

function plain({ weight, bias }: Linear): { weight: number[]; bias: number[] } {
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

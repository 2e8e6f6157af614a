// What merging costs in accuracy: rounds on several machines, and one-shot averaging of shards that get smaller. The
// machines are loops here: what they compute does not depend on where. Writes curves.json and curves.svg.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASGDClassifier, type SparseMatrix } from '@asgd/linear';
import { mergeParts, type ModelPart, partOf } from '@asgd/linear/merge';
// @boundaries-ignore: the rows of the benchmarks
import { rcv1Like } from '../../bench/src/linear/rcv1-like.ts';
import { draw, type OneShot, type Round } from './chart.ts';

const { training, test, lambd } = rcv1Like();
const count = training.labels.length;
const classes = [-1, 1];
const options = { lr: await learningRate(), lambd };

/** As the driver of apps/spark finds it: by the first thousand rows. */
async function learningRate(): Promise<number> {
  const model = new ASGDClassifier<number>({ lambd });
  await model.partialFit(shard(0, 1000), training.labels.subarray(0, 1000), { classes });
  return model.lr;
}

function shard(from: number, to: number): SparseMatrix {
  const { data, indices, indptr, shape } = training.rows;
  const [first, last] = [indptr[from] ?? 0, indptr[to] ?? 0];
  return {
    data: data.subarray(first, last),
    indices: indices.subarray(first, last),
    indptr: indptr.subarray(from, to + 1).map((at) => at - first),
    shape: [to - from, shape[1]],
  };
}

/** What a machine of `machines` learns from its rows in one pass. */
async function trainOn(machine: number, machines: number, merged: ModelPart | undefined): Promise<ModelPart> {
  const [from, to] = [machine, machine + 1].map((at) => Math.round((at * count) / machines));
  const model =
    merged === undefined
      ? new ASGDClassifier<number>(options)
      : ASGDClassifier.fromJSON<number>(merged.model);
  await model.partialFit(shard(from ?? 0, to ?? 0), training.labels.subarray(from, to), { classes });
  return partOf(model, merged?.model.step ?? 0);
}

/** Eight at a time, as they come: the tree of asgd-train --merge. */
async function round(machines: number, merged: ModelPart | undefined): Promise<ModelPart> {
  const groups: ModelPart[] = [];
  let group: ModelPart[] = [];
  for (let machine = 0; machine < machines; machine++) {
    group.push(await trainOn(machine, machines, merged));
    if (group.length < 8 && machine < machines - 1) continue;
    groups.push(mergeParts(group));
    group = [];
  }
  return groups.length === 1 ? (groups[0] as ModelPart) : mergeParts(groups);
}

function measure(part: ModelPart): { loss: number; error: number } {
  const model = ASGDClassifier.fromJSON<number>(part.model);
  const labels = Array.from(test.labels);
  return { loss: model.loss(test.rows, labels), error: 1 - model.score(test.rows, labels) };
}

const rounds: Round[] = [];
const oneShot: OneShot[] = [];
for (const [machines, last] of [
  [1, 8],
  [4, 8],
  [16, 8],
  [64, 4],
] as const) {
  let merged: ModelPart | undefined;
  for (let at = 1; at <= last; at++) {
    merged = await round(machines, merged);
    const measured = { machines, round: at, ...measure(merged) };
    console.log(JSON.stringify(measured));
    rounds.push(measured);
    if (at > 1) continue;
    const alone = measure(await trainOn(0, machines, undefined));
    oneShot.push({ machines, rows: Math.round(count / machines), merged: measure(merged), alone });
    console.log(JSON.stringify(oneShot.at(-1)));
  }
}
const folder = join(import.meta.dirname, '..');
writeFileSync(
  join(folder, 'curves.json'),
  `${JSON.stringify({ rows: count, lr: options.lr, rounds, oneShot }, null, 2)}\n`,
);
writeFileSync(join(folder, 'curves.svg'), await draw({ rounds, oneShot }));

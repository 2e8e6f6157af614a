// Trains a classifier of @asgd/linear on a file: once, as a program that is started for it, or again and again as the
// benchmark asks. Its arguments are those of peers/linear.c.

import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ASGDClassifier } from '@asgd/linear';
import type { LabelledRows, Loss } from './problem.ts';
import { readSvm } from './read-svm.ts';

const [mode, file = '', features, loss, lambd, epochs, kernels, out = ''] = process.argv.slice(2);

const settings = {
  loss: loss as Loss,
  lambd: Number(lambd),
  epochs: Number(epochs),
  kernels: kernels as 'wasm' | 'typescript',
};
const read = (): LabelledRows => readSvm(readFileSync(file), Number(features));

if (mode === 'train') {
  const { rows, labels } = read();
  write(await new ASGDClassifier<number>(settings).fit(rows, labels));
} else {
  await serve();
}

async function serve(): Promise<void> {
  let opened: LabelledRows | undefined;
  let model: ASGDClassifier<number> | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'open') {
      opened = read();
      console.log('opened');
    } else if (line === 'epochs' && opened) {
      const times: number[] = [];
      model = new ASGDClassifier<number>({ ...settings, onEpoch: () => times.push(processorTime()) });
      await model.fit(opened.rows, opened.labels);
      const [first = NaN] = times;
      console.log(((times.at(-1) ?? NaN) - first) / (times.length - 1));
    } else if (model) {
      write(model);
      console.log('written');
    }
  }
}

function write(model: ASGDClassifier<number>): void {
  writeFileSync(out, Float64Array.from([...model.coef.data, ...model.intercept]));
}

/** Milliseconds. Other programs do not count, but what the engine compiles meanwhile does. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

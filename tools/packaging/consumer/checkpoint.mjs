// A user's program in plain JavaScript: an optimizer's state goes through files of both formats, by their paths.
import { writeFile } from 'node:fs/promises';
import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { openCheckpoint, saveCheckpoint, toStateDict, toTorch } from '@asgd/torch';

const backend = await cpu();
const weight = backend.parameter([4]);
const optimizer = new ASGD([weight], { lr: 0.5, lambd: 0, t0: -1 });
weight.grad = backend.tensor([1]);
for (let step = 0; step < 3; step++) optimizer.step();
const checkpoint = { optimizer: toTorch(await optimizer.stateDict()) };

const averages = [];
const formats = [];
for (const format of ['pt', 'safetensors']) {
  await writeFile(`checkpoint.${format}`, await saveCheckpoint(checkpoint, { format }));
  const opened = await openCheckpoint(`checkpoint.${format}`);
  const loaded = await opened.load();
  await opened.close();
  const resumed = new ASGD([weight]);
  resumed.loadStateDict(toStateDict(loaded.optimizer));
  averages.push((await resumed.averageOf(weight).read())[0]);
  formats.push(opened.format);
}
await backend.close();
console.log(JSON.stringify({ averages, formats }));

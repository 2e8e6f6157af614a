// A user's program for pages and workers: trains on every backend, takes PyTorch's files there and back, and learns to tell
// spam.
import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { ASGDClassifier, TextVectorizer } from '@asgd/linear';
import { loadCheckpoint, saveCheckpoint, toStateDict, toTorch } from '@asgd/torch';
import { wasm } from '@asgd/wasm';
import { webgpu } from '@asgd/webgpu';

const backends = { cpu, wasm: () => wasm({ threads: 2 }), webgpu };

/** Three steps against a constant gradient: 4 goes to 3.5, 3 and 2.5, whose mean is 3. */
async function train(open) {
  const backend = await open();
  const weight = backend.parameter([4]);
  const optimizer = new ASGD([weight], { lr: 0.5, lambd: 0, t0: -1 });
  weight.grad = backend.tensor([1]);
  for (let step = 0; step < 3; step++) optimizer.step();
  const [last] = await weight.read();
  const [average] = await optimizer.averageOf(weight).read();
  const { threads } = backend.capabilities;
  await backend.close();
  return { last, average, threads };
}

/** The average of such a run, through a file of this format. */
async function save(format) {
  const backend = await cpu();
  const weight = backend.parameter([4]);
  const optimizer = new ASGD([weight], { lr: 0.5, lambd: 0, t0: -1 });
  weight.grad = backend.tensor([1]);
  for (let step = 0; step < 3; step++) optimizer.step();
  const file = await saveCheckpoint({ optimizer: toTorch(await optimizer.stateDict()) }, { format });
  const loaded = await loadCheckpoint(file);
  const resumed = new ASGD([weight]);
  resumed.loadStateDict(toStateDict(loaded.optimizer));
  const [average] = await resumed.averageOf(weight).read();
  await backend.close();
  return average;
}

/** What a model of a few texts says of others. */
async function classify(kernels) {
  const texts = ['cheap pills now', 'meeting at noon', 'cheap watches', 'lunch at noon'];
  const vectorizer = new TextVectorizer({ features: 1024 });
  const model = new ASGDClassifier({ kernels });
  await model.fit(vectorizer.fitTransform(texts), ['spam', 'ham', 'spam', 'ham']);
  return model.predict(vectorizer.transform(['cheap cheap', 'noon'])).join(', ');
}

/** What came of each, or its error. */
export async function report() {
  const result = { isIsolated: globalThis.crossOriginIsolated };
  for (const [name, open] of Object.entries(backends)) result[name] = await train(open).catch(String);
  for (const format of ['pt', 'safetensors']) result[format] = await save(format).catch(String);
  for (const kernels of ['wasm', 'typescript']) {
    result[`linear, ${kernels}`] = await classify(kernels).catch(String);
  }
  return result;
}

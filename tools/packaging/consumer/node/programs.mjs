// A user's programs, in plain JavaScript. `load` gives a package: by import or by require.
import { writeFile } from 'node:fs/promises';

/** Three steps against a constant gradient: 4 goes to 3.5, 3 and 2.5, whose mean is 3. */
async function train(load, name) {
  const { ASGD } = await load('@asgd/core');
  const { [name]: open } = await load(`@asgd/${name}`);
  const backend = await open();
  const weight = backend.parameter([4]);
  const optimizer = new ASGD([weight], { lr: 0.5, lambd: 0, t0: -1 });
  weight.grad = backend.tensor([1]);
  for (let step = 0; step < 3; step++) optimizer.step();
  const [last] = await weight.read();
  const [average] = await optimizer.averageOf(weight).read();
  await backend.close();
  return { backend: backend.name, last, average };
}

/** Part of the conformance suite. */
async function examine(load, name) {
  const { run } = await load('@asgd/conformance');
  const { [name]: open } = await load(`@asgd/${name}`);
  const { passed, rows, problems } = await run(
    { name, open: () => open() },
    { only: 'vectors/tensor-lr/filled-every-step/float32*' },
  );
  return { passed, hasCases: rows.length > 0, problems };
}

/** An optimizer's state goes through files of both formats, by their paths. */
async function save(load, name) {
  const { ASGD } = await load('@asgd/core');
  const { [name]: open } = await load(`@asgd/${name}`);
  const { openCheckpoint, saveCheckpoint, toStateDict, toTorch } = await load('@asgd/torch');
  const backend = await open();
  const weight = backend.parameter([4]);
  const optimizer = new ASGD([weight], { lr: 0.5, lambd: 0, t0: -1 });
  weight.grad = backend.tensor([1]);
  for (let step = 0; step < 3; step++) optimizer.step();
  const checkpoint = { optimizer: toTorch(await optimizer.stateDict()) };

  const averages = [];
  for (const format of ['pt', 'safetensors']) {
    await writeFile(`checkpoint.${format}`, await saveCheckpoint(checkpoint, { format }));
    const opened = await openCheckpoint(`checkpoint.${format}`);
    const loaded = await opened.load();
    await opened.close();
    const resumed = new ASGD([weight]);
    resumed.loadStateDict(toStateDict(loaded.optimizer));
    averages.push((await resumed.averageOf(weight).read())[0]);
  }
  await backend.close();
  return { averages };
}

/** A model of a few texts, saved and read again, and given rows that it cannot learn from. */
async function classify(load) {
  const { ASGDClassifier, TextVectorizer } = await load('@asgd/linear');
  const texts = ['cheap pills now', 'meeting at noon', 'cheap watches', 'lunch at noon'];
  const labels = ['spam', 'ham', 'spam', 'ham'];
  const vectorizer = new TextVectorizer({ features: 1024 });
  const model = await new ASGDClassifier({ kernels: 'wasm' }).fit(vectorizer.fitTransform(texts), labels);
  const copy = ASGDClassifier.fromJSON(JSON.stringify(model));
  const predicted = copy.predict(vectorizer.transform(['cheap cheap', 'noon']));
  const error = await copy
    .fit([[1], [NaN]], labels.slice(0, 2))
    .catch(({ code, row, column }) => ({ code, row, column }));
  return { predicted, error };
}

/** The same steps as an optimizer of TensorFlow.js. */
async function minimize(load) {
  const tf = await load('@tensorflow/tfjs');
  const { asgd } = await load('@asgd/tfjs');
  tf.env().set('PROD', true); // without its greeting
  const weight = tf.variable(tf.scalar(4));
  const optimizer = await asgd({ lr: 0.5, lambd: 0, t0: -1 });
  for (let step = 0; step < 3; step++) optimizer.minimize(() => tf.sum(weight));
  const [last] = await weight.data();
  const [average] = await optimizer.averageOf(weight).data();
  return { path: optimizer.path, last, average };
}

const programs = { train, examine, save, classify, minimize };

/** Runs the program that the command line names, and prints what it returns, or the code of its error. */
export async function main(load) {
  const [program, backend] = process.argv.slice(2);
  try {
    console.log(JSON.stringify(await programs[program](load, backend)));
  } catch (error) {
    if (!error.code) throw error;
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  }
}

// In the place of site/train.js: trains with TensorFlow.js, on the backends that come with it.
import { asgd } from '@asgd/tfjs';
import * as tf from '@tensorflow/tfjs';

/** Three steps against a constant gradient: 4 goes to 3.5, 3 and 2.5, whose mean is 3. */
async function train(name) {
  await tf.setBackend(name);
  const weight = tf.variable(tf.scalar(4));
  const optimizer = await asgd({ lr: 0.5, lambd: 0, t0: -1 });
  for (let step = 0; step < 3; step++) optimizer.minimize(() => tf.sum(weight));
  const [last] = await weight.data();
  const [average] = await optimizer.averageOf(weight).data();
  return { path: optimizer.path, last, average };
}

/** What came of each, or its error. */
export async function report() {
  const result = { isIsolated: globalThis.crossOriginIsolated };
  for (const name of ['cpu', 'webgl']) result[name] = await train(name).catch(String);
  return result;
}

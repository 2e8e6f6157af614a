// A user's program in TypeScript. It is only type-checked: against the declarations that the packages ship.
import { asgd, type AsgdOptimizer, type Callback } from '@asgd/tfjs';
import * as tf from '@tensorflow/tfjs';

const model: tf.Sequential = tf.sequential({ layers: [tf.layers.dense({ inputShape: [1], units: 1 })] });
const optimizer: AsgdOptimizer = await asgd({ lr: 0.1, lambd: 0, t0: 'auto' });
model.compile({ optimizer, loss: 'meanSquaredError' });
const xs: tf.Tensor2D = tf.tensor2d([[1], [2]]);
const callback: Callback = optimizer.evaluateAveraged(model, { batchNorm: xs });
await model.fit(xs, xs, { callbacks: callback });
export const saved: tf.io.SaveResult = await optimizer.withAverages(() => model.save('indexeddb://digits'));
export const layers: number = await optimizer.updateBatchNorm(model, xs);
export const average: tf.Tensor = optimizer.averageOf(tf.variable(xs));

// Had the declarations come out as `any`, nothing here would be an error.
// @ts-expect-error: no such option
await asgd({ learningRate: 0.1 });
// @ts-expect-error: asgd() gives a promise
model.compile({ optimizer: asgd(), loss: 'meanSquaredError' });

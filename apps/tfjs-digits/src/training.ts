import * as tf from '@tensorflow/tfjs';
import { asgd, type AsgdOptimizer } from '@asgd/tfjs';
import { type BackendName, useBackend } from './backends.ts';
import { layout } from './digits-layout.ts';
import { tensorsOf } from './digits.ts';
import { normalizedNetwork } from './network.ts';

export interface Settings {
  readonly backend: BackendName;
  readonly lr: number;
  /** The step at which averaging begins. */
  readonly t0: number | 'auto';
  readonly epochs: number;
}

/** What an epoch came to. Errors are shares of the held-out digits, from 0 to 1. */
export interface Epoch {
  readonly epoch: number;
  readonly last: number;
  readonly average: number;
  /** Whether the average is no longer the last iterate. */
  readonly isAveraging: boolean;
}

/** What one sees of the training while it runs. */
export interface Watcher {
  started(optimizer: Pick<AsgdOptimizer, 'path' | 'pathReason'>): void;
  epochEnded(epoch: Epoch): void;
  /** Asked after every step. */
  isStopped(): boolean;
}

const batchSize = 20;
export const stepsPerEpoch: number = layout.training / batchSize;

/** Trains a new model. @throws Error if there is no such backend, or the loss is not finite any more */
export async function train(bytes: Uint8Array, settings: Settings, watcher: Watcher): Promise<void> {
  const { backend, lr, t0, epochs } = settings;
  await useBackend(backend);
  const { training, heldOut } = tensorsOf(bytes);
  const model = normalizedNetwork();
  const optimizer = await asgd({ lr, t0, lambd: 0 });
  try {
    watcher.started(optimizer);
    model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const before = optimizer.evaluateAveraged(model);
    const since = optimizer.evaluateAveraged(model, { batchNorm: training.images });
    await model.fit(training.images, training.labels, {
      epochs,
      batchSize,
      validationData: [heldOut.images, heldOut.labels],
      callbacks: {
        async onBatchEnd(_batch, logs) {
          if (!Number.isFinite(logs?.['loss'])) {
            throw new Error(`The loss is not finite any more: lr ${lr} is too large.`);
          }
          model.stopTraining = watcher.isStopped();
        },
        async onEpochEnd(epoch, logs: tf.Logs = {}) {
          if (watcher.isStopped()) return;
          const isAveraging = await hasAverage(optimizer, model);
          await (isAveraging ? since : before).onEpochEnd(epoch, logs);
          watcher.epochEnded(toEpoch(epoch + 1, logs, isAveraging));
        },
      },
    });
  } finally {
    optimizer.dispose();
    model.dispose();
    tf.dispose([training.images, training.labels, heldOut.images, heldOut.labels]);
  }
}

/** Until averaging begins, the average is the last iterate. */
async function hasAverage(optimizer: AsgdOptimizer, model: tf.LayersModel): Promise<boolean> {
  const weights = model.trainableWeights[0]?.read() as tf.Variable; // the network has some
  const isSame = tf.tidy(() => tf.all(tf.equal(optimizer.averageOf(weights), weights)));
  const [same] = await isSame.data();
  isSame.dispose();
  return same === 0;
}

function toEpoch(epoch: number, logs: tf.Logs, isAveraging: boolean): Epoch {
  const errorOf = (which: string): number => 1 - (logs[`${which}_acc`] ?? NaN);
  return { epoch, last: errorOf('last'), average: errorOf('averaged'), isAveraging };
}

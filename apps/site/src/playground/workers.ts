/** A worker that trains one model. */
export const startTrainingWorker = (): Worker =>
  new Worker(new URL('./training-worker.ts', import.meta.url), { type: 'module' });

/** A worker that races the backends or certifies one. */
export const startTrialWorker = (): Worker =>
  new Worker(new URL('./trial-worker.ts', import.meta.url), { type: 'module' });

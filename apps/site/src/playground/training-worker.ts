// Trains in a worker, so that the page stays free. One worker trains once: the page ends it to start anew.
import type { Backend } from '@asgd/core';
import { exportModel } from './export-model.ts';
import { linearProblem } from './linear-problem.ts';
import type { TrainingReport, TrainingRequest } from './messages.ts';
import { openBackend } from './open-backend.ts';
import type { Problem } from './problem.ts';
import { quadraticProblem } from './quadratic-problem.ts';
import { Trainer } from './trainer.ts';

const epochs = 15;

let running: { readonly trainer: Trainer; readonly problem: Problem; readonly backend: Backend } | undefined;
let isPaused = false;
let wake = (): void => {};

const tell = (report: TrainingReport): void => postMessage(report);

addEventListener('message', ({ data }: MessageEvent<TrainingRequest>) => {
  void (async () => {
    try {
      await answer(data);
    } catch (error) {
      tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  })();
});

async function answer(request: TrainingRequest): Promise<void> {
  switch (request.type) {
    case 'train': {
      const { data, options } = request;
      const problem = data === null ? quadraticProblem() : linearProblem(data, epochs);
      const backend = await openBackend(request.backend);
      tell({ type: 'opened', capabilities: backend.capabilities });
      const trainer = new Trainer(problem, backend, options);
      running = { trainer, problem, backend };
      await train(trainer, problem);
      return;
    }
    case 'options':
      running?.trainer.change(request.options);
      return;
    case 'pause':
      isPaused = true;
      return;
    case 'resume':
      isPaused = false;
      wake();
      return;
    case 'export':
      if (!running) throw new Error('There is no model yet: start training first.');
      tell({
        type: 'exported',
        ...(await exportModel(running.trainer, running.problem.about, request.format)),
      });
  }
}

async function train(trainer: Trainer, problem: Problem): Promise<void> {
  await show(trainer);
  while (!trainer.isDone) {
    const start = performance.now();
    for (let step = 0; step < problem.stepsBetween && !trainer.isDone; step++) await trainer.step();
    await show(trainer);
    // A turn of the event loop at least, in which messages arrive.
    await new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, 1000 / problem.looksPerSecond - (performance.now() - start)));
    });
    if (isPaused) await new Promise<void>((resolve) => (wake = resolve));
  }
  tell({ type: 'done' });
}

async function show(trainer: Trainer): Promise<void> {
  const look = await trainer.look();
  if (!Number.isFinite(look.iterate.score.loss)) {
    throw new Error('The loss is not finite any more: choose a smaller learning rate.');
  }
  tell({ type: 'looked', look });
}

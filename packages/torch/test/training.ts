import { ASGD, type Backend } from '@asgd/core';
import {
  loadCheckpoint,
  loadParameters,
  saveParameters,
  toStateDict,
  toTorch,
  type TorchTensor,
} from '../src/index.ts';
import { fixture } from './fixture.ts';

const names = ['weight', 'bias'] as const;

/** `{ model, optimizer }`, as tools/golden/golden/checkpoint_training.py saves it. */
export type Run = Record<'model' | 'optimizer', Record<string, unknown>>;

interface Start {
  readonly initial: Record<(typeof names)[number], TorchTensor>;
  readonly targets: Record<(typeof names)[number], TorchTensor>;
}

/** The options that the runs begin with there. */
const groups = {
  weight: { lr: 0.05, lambd: 0.1, alpha: 0.75, t0: 20, weightDecay: 0.01, foreach: false },
  bias: { lr: 0.1, lambd: 1e-4, alpha: 0.6, t0: 30, maximize: false, foreach: false },
};

export function start(dtype: string): Promise<Start> {
  return fixture(`training-${dtype}-start.pt`).then((bytes) =>
    loadCheckpoint<Start & Record<string, unknown>>(bytes),
  );
}

/** Takes steps `first` to `end` of a run that starts from scratch, or continues `from` a checkpoint. */
export async function train(
  backend: Backend,
  { initial, targets }: Start,
  [first, end]: readonly [number, number],
  from?: Run,
): Promise<Run> {
  const parameters = loadParameters(from?.model ?? initial, backend, { only: names });
  const optimizer = new ASGD(names.map((name) => ({ params: parameters[name], ...groups[name] })));
  if (from) optimizer.loadStateDict(toStateDict(from.optimizer));
  for (let step = first; step < end; step++) {
    for (const name of names) {
      const parameter = parameters[name];
      const values = await parameter.read();
      const target = targets[name].values as Float32Array;
      const gradient = values.map((value, i) => value - (target[step * values.length + i] ?? NaN));
      parameter.grad?.dispose();
      parameter.grad = backend.tensor(gradient, { dtype: parameter.dtype, shape: parameter.shape });
    }
    optimizer.step();
  }
  return {
    model: await saveParameters(parameters),
    optimizer: toTorch(await optimizer.stateDict()) as unknown as Record<string, unknown>,
  };
}

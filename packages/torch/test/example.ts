import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import {
  loadCheckpoint,
  loadParameters,
  saveCheckpoint,
  saveParameters,
  toStateDict,
  toTorch,
} from '@asgd/torch';

/** Continues to train the nn.Linear(2, 1) of a checkpoint { model, optimizer }, and returns the new checkpoint. */
export async function fineTune(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const { model, optimizer } = await loadCheckpoint(file);
  const backend = await cpu();
  const parameters = loadParameters(model, backend, { only: ['weight', 'bias'] });
  const { weight, bias } = parameters;
  const asgd = new ASGD([weight, bias]);
  asgd.loadStateDict(toStateDict(optimizer));

  for (let step = 0; step < 400; step++) {
    const [x, y] = [((7 * step) % 11) / 5 - 1, ((5 * step) % 13) / 6 - 1] as const;
    const [a = 0, b = 0] = await weight.read();
    const [c = 0] = await bias.read();
    const error = a * x + b * y + c - (3 * x - y);
    weight.grad = backend.tensor([error * x, error * y], { shape: weight.shape });
    bias.grad = backend.tensor([error]);
    asgd.step();
  }
  const tuned = {
    model: await saveParameters(parameters, { like: model }),
    optimizer: toTorch(await asgd.stateDict()),
  };
  await backend.close();
  return saveCheckpoint(tuned);
}

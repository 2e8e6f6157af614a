import { cpu } from '@asgd/cpu';
import { loadCheckpoint, saveCheckpoint, type TorchTensor } from '../src/index.ts';
import { fineTune } from '../test/example.ts';
import { fixture } from '../test/fixture.ts';
import { type Run, start, train } from '../test/training.ts';

/**
 * The files of test/fixtures/written, which tools/golden reads with PyTorch: so that what is read there is what is
 * written now, the tests make them again and compare.
 */
export async function makeFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const same = ['dtypes', 'strided', 'sharing', 'halves', 'versioned', 'wrapped'];
  for (const name of same) files.set(`${name}.pt`, await saveCheckpoint(await load(`${name}.pt`)));
  files.set('objects.pt', await saveCheckpoint(await load('objects-protocol2.pt')));
  files.set('dtypes.safetensors', await dtypesAsSafetensors());
  const middle = await load('training-float32-middle.pt');
  files.set('training.safetensors', await saveCheckpoint(middle, { format: 'safetensors' }));
  for (const dtype of ['float32', 'float64', 'complex64', 'complex128']) {
    for (const [name, run] of await trainings(dtype)) files.set(name, await saveCheckpoint(run));
  }
  files.set('fine-tuned.pt', await fineTune(new Blob([await fixture('fine-tuning.pt')])));
  return files;
}

async function load(name: string): Promise<Record<string, unknown>> {
  return loadCheckpoint(await fixture(name));
}

async function dtypesAsSafetensors(): Promise<Uint8Array> {
  const { complex128: _, ...tensors } = (await load('dtypes.pt')) as Record<string, TorchTensor>;
  return saveCheckpoint(tensors, { format: 'safetensors', metadata: { note: 'written by @asgd/torch' } });
}

async function trainings(dtype: string): Promise<[string, Run][]> {
  await using backend = await cpu();
  const begin = await start(dtype);
  const middle = await loadCheckpoint<Run>(await fixture(`training-${dtype}-middle.pt`));
  return [
    [`training-${dtype}-middle.pt`, await train(backend, begin, [0, 50])],
    [`training-${dtype}-end.pt`, await train(backend, begin, [50, 100], middle)],
  ];
}

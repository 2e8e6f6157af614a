import { findNamed } from '../containers.ts';
import { encode } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { pickle } from '../pickle/write.ts';
import { isTorchTensor } from '../tensor.ts';
import { type NewRecord, zip } from '../zip/write.ts';
import { planStorages } from './plan.ts';

/** The bytes of a file that `torch.load` reads. @throws CheckpointError before the first */
export function writePt(value: unknown, limits: Limits): Iterable<Uint8Array> {
  const tensors = findNamed(value, isTorchTensor).map(({ found }) => found);
  const { storages, plans } = planStorages(tensors);
  const structure = pickle(value, limits, (tensor) => {
    const plan = plans.get(tensor);
    if (plan === undefined) {
      throw new CheckpointError(
        'A tensor appeared while the checkpoint was being written: do not change the values until it is done.',
      );
    }
    return plan;
  });
  const records: NewRecord[] = [
    record('data.pkl', structure.length, () => structure),
    record('byteorder', 6, () => new TextEncoder().encode('little')),
    ...storages.map(({ key, bytes, values, dtype }) =>
      record(`data/${key}`, bytes, () => encode(values, dtype)),
    ),
    record('version', 2, () => new TextEncoder().encode('3\n')),
  ];
  return zip(records);
}

function record(name: string, size: number, bytes: () => Uint8Array): NewRecord {
  return { name: `archive/${name}`, size, pieces: () => [bytes()] };
}

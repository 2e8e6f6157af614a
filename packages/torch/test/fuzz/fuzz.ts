import { findNamed } from '../../src/containers.ts';
import { CheckpointError, openCheckpoint } from '../../src/index.ts';
import { isTorchTensor } from '../../src/tensor.ts';
import type { Make } from './files.ts';
import { Random } from './random.ts';

/** Small, so that exceeding them shows. */
const limits = { extraBytes: 2 ** 20, structureBytes: 2 ** 20, objects: 10_000, depth: 100 };

export interface Outcome {
  readonly kind: string;
  /** What is wrong, if anything is. */
  readonly problem: string | undefined;
  readonly loaded: boolean;
  readonly milliseconds: number;
}

/** Reads one file that the seed and the index determine: it ends in a clear error, or in a value that is right. */
export async function fuzzOne(
  makers: Readonly<Record<string, Make>>,
  seed: number,
  index: number,
): Promise<Outcome> {
  const random = new Random(seed, index);
  const kind = random.pick(Object.keys(makers));
  const file = (makers[kind] as Make)(random);
  const start = performance.now();
  const { problem, loaded } = await read(file).then(
    (value) => ({ problem: problemWith(value, file.length), loaded: true }),
    (error: unknown) => ({ problem: problemWithError(error), loaded: false }),
  );
  return { kind, problem, loaded, milliseconds: performance.now() - start };
}

async function read(file: Uint8Array<ArrayBuffer>): Promise<unknown> {
  await using checkpoint = await openCheckpoint(file, { limits });
  const value = await checkpoint.load();
  for (const entry of checkpoint.tensors.slice(0, 3)) {
    const alone = await entry.read();
    if (!isTorchTensor(alone)) throw new Error(`${entry.name} alone is not a tensor`);
  }
  return value;
}

function problemWithError(error: unknown): string | undefined {
  if (!(error instanceof CheckpointError)) {
    return `another error: ${error instanceof Error ? error.stack : String(error)}`;
  }
  if (error.message.length > 3000) return `an error of ${error.message.length} characters`;
  return undefined;
}

/** A value is right if its tensors are, and if it takes no more memory than the file and the limit allow. */
function problemWith(value: unknown, fileBytes: number): string | undefined {
  const isMeant = (found: unknown): found is Record<string, unknown> =>
    typeof found === 'object' && found !== null && 'dtype' in found && 'values' in found;
  const tensors = findNamed(value, isMeant);
  const broken = tensors.find(({ found }) => !isTorchTensor(found) && ArrayBuffer.isView(found['values']));
  if (broken) return `'${broken.name}' is not a tensor`;
  const buffers = new Set(tensors.map(({ found }) => (found['values'] as Float32Array).buffer));
  const bytes = [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  // 16-bit floats take twice their bytes, of the file and of what was inflated.
  const allowed = 2 * (fileBytes + limits.extraBytes);
  return bytes > allowed ? `${bytes} bytes of values, out of a file of ${fileBytes}` : undefined;
}

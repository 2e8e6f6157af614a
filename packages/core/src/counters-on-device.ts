import { kernelsOf, storagesOf } from './backend.ts';
import type { Counters } from './schedule.ts';
import type { Parameter } from './tensor.ts';

// A device counts in float32, which is exact only to 2^24: the step count, exact to 2^53, is kept in three parts.
const radix = 2 ** 22;

/** Storage of `owner` on the parameter's backend with the counters in it, as `ScheduledItem.scalars` has them. */
export function allocateCounters(
  { backend }: Parameter,
  owner: object,
  { step, eta, mu }: Counters,
): unknown {
  const storage = storagesOf(backend).allocate(owner, 'float32', 5);
  const rest = Math.floor(step / radix);
  const counts = [step % radix, rest % radix, Math.floor(rest / radix)];
  kernelsOf(backend).write(storage, Float32Array.of(...counts, eta, mu));
  return storage;
}

export async function readCounters({ backend }: Parameter, storage: unknown): Promise<Counters> {
  const [low = 0, middle = 0, high = 0, eta = 0, mu = 0] = await kernelsOf(backend).read(storage);
  return { step: (high * radix + middle) * radix + low, eta, mu };
}

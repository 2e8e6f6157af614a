import type { Backend, Tensor } from '@asgd/core';
import { expect } from '../expect.ts';

/**
 * Fails unless a tensor holds these numbers. The match is exact where nothing may differ. It is approximate where the
 * device computes the schedule, a few ulp from the host's, or may fuse products. Wrong behavior is much further away.
 */
export async function expectAbout(tensor: Tensor, expected: readonly number[], what: string): Promise<void> {
  const values = await tensor.read();
  const bound = isExact(tensor.backend) ? 0 : 2 ** -18;
  const isNear = expected.every((value, index) => {
    const found = values[index] ?? NaN;
    return found === value || Math.abs(found - value) <= bound * Math.max(1, Math.abs(value));
  });
  expect(
    isNear && values.length === expected.length,
    `${what}: expected ${expected.join()}, got ${values.join()}.`,
  );
}

function isExact({ capabilities }: Backend): boolean {
  return capabilities.hostVisible && capabilities.contraction === 'never';
}

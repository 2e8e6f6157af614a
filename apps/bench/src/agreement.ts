import type { RealArray } from '@asgd/core';
import type { Exactness, Runner, Snapshot } from './contender.ts';
import { stepsUntilSteady, type Workload } from './workload.ts';

/**
 * Takes the same few steps with both, averaging included, and compares their numbers as the peer's exactness
 * demands. A comparison of speed between two that compute different things would mean nothing.
 * @returns what was compared, for the record
 * @throws DisagreementError
 */
export async function agree(
  subject: Runner,
  peer: Runner,
  exactness: Exactness,
  workload: Workload,
): Promise<string> {
  const start = await peer.read(0);
  await subject.run(stepsUntilSteady);
  await peer.run(stepsUntilSteady);
  if (exactness.kind === 'other') {
    checkMoved(start, await peer.read(0));
    return `another algorithm: ${exactness.algorithm}`;
  }
  let compared = 0;
  let worst = 0;
  for (let tensor = 0; tensor < workload.tensors; tensor++) {
    const [ours, theirs] = [await subject.read(tensor), await peer.read(tensor)];
    for (const part of ['parameter', 'average'] as const) {
      const difference = compareArrays(ours[part], theirs[part], exactness, `${part} ${tensor}`);
      worst = Math.max(worst, difference.ulp);
      compared += difference.count;
    }
  }
  return exactness.kind === 'bits'
    ? `identical bits in ${compared} values`
    : `within ${worst} ulp in ${compared} values (allowed: ${exactness.bound[workload.dtype]})`;
}

/** Two contenders that should compute the same do not. */
export class DisagreementError extends Error {
  override readonly name = 'DisagreementError';
}

function checkMoved(start: Snapshot, now: Snapshot): void {
  const still = now.parameter.findIndex(
    (value, i) => value === start.parameter[i] || !Number.isFinite(value),
  );
  if (still < 0) return;
  throw new DisagreementError(
    `After ${stepsUntilSteady} steps element ${still} went from ${start.parameter[still]} to ` +
      `${now.parameter[still]}: every one should have moved, and be finite.`,
  );
}

/** Over as many values as both give. */
function compareArrays(
  ours: RealArray | null,
  theirs: RealArray | null,
  exactness: Exclude<Exactness, { kind: 'other' }>,
  name: string,
): { readonly count: number; readonly ulp: number } {
  if (!ours || !theirs) throw new DisagreementError(`One of the two has no ${name}.`);
  const count = Math.min(ours.length, theirs.length);
  if (haveSameBytes(ours.subarray(0, count), theirs.subarray(0, count))) return { count, ulp: 0 };
  let worst = 0;
  for (let i = 0; i < count; i++) {
    const [a, b] = [ours[i] ?? NaN, theirs[i] ?? NaN];
    if (Object.is(a, b)) continue;
    const isSingle = ours instanceof Float32Array;
    const ulp = ulpsBetween(a, b, isSingle ? 24 : 53);
    const bound = exactness.kind === 'ulp' ? exactness.bound[isSingle ? 'float32' : 'float64'] : undefined;
    if (bound === undefined || !(ulp <= bound)) {
      const wanted = bound === undefined ? 'identical bits' : `at most ${bound} ulp`;
      throw new DisagreementError(
        `After ${stepsUntilSteady} steps ${name} differs at element ${i}: ${a} against ${b}, ` +
          `${ulp} ulp apart, where ${wanted} were expected.`,
      );
    }
    worst = Math.max(worst, ulp);
  }
  return { count, ulp: worst };
}

/** A short cut: of the largest workloads there are gigabytes to compare. */
function haveSameBytes(a: RealArray, b: RealArray): boolean {
  const bytesOf = (values: RealArray): Buffer =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytesOf(a).equals(bytesOf(b));
}

/** The distance in units of the last place of the larger: enough for normal numbers of one magnitude. */
function ulpsBetween(a: number, b: number, precision: 24 | 53): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(a), Math.abs(b))));
  return Math.abs(a - b) / 2 ** (exponent - precision + 1);
}

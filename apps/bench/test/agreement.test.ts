import { describe, expect, test } from 'vitest';
import { agree, DisagreementError } from '../src/agreement.ts';
import { measure } from '../src/pairing.ts';
import { comparison, effort, fakeContender, fakeRunner, workload } from './fake.ts';

const holding = (parameter: readonly number[], average: readonly number[] = parameter) =>
  fakeRunner({
    read: async () => ({ parameter: Float32Array.from(parameter), average: Float32Array.from(average) }),
  });

describe('agreement on the numbers', () => {
  test('is reached by identical bits', async () => {
    expect(await agree(holding([1, 2]), holding([1, 2]), { kind: 'bits' }, workload)).toBe(
      'identical bits in 4 values',
    );
  });

  test('names the first element that differs, with both values', async () => {
    const differing = agree(holding([1, 2, 3]), holding([1, 2.5, 3]), { kind: 'bits' }, workload);
    await expect(differing).rejects.toThrow(/parameter 0 differs at element 1: 2 against 2\.5/);
  });

  test('looks at averages too', async () => {
    const differing = agree(holding([1], [1]), holding([1], [4]), { kind: 'bits' }, workload);
    await expect(differing).rejects.toThrow(/average 0 differs/);
  });

  test('tells −0 from 0 where bits are promised', async () => {
    await expect(agree(holding([0]), holding([-0]), { kind: 'bits' }, workload)).rejects.toThrow(
      DisagreementError,
    );
  });

  test('allows a few ulp where that is the promise, and no more', async () => {
    const [near, far] = [1 + 2 ** -22, 1 + 2 ** -20]; // 2 and 8 ulp of float32
    const exactness = { kind: 'ulp', bound: { float32: 4, float64: 4 } } as const;
    expect(await agree(holding([1]), holding([near]), exactness, workload)).toContain('within 2 ulp');
    await expect(agree(holding([1]), holding([far]), exactness, workload)).rejects.toThrow(/8 ulp apart/);
  });

  test('compares what both give where a peer gives a part', async () => {
    expect(await agree(holding([1, 2, 3]), holding([1, 2]), { kind: 'bits' }, workload)).toContain(
      '4 values',
    );
  });

  test('looks at every tensor', async () => {
    const peer = fakeRunner({
      read: async (tensor) => ({ parameter: Float32Array.of(tensor), average: Float32Array.of(0) }),
    });
    const subject = fakeRunner({
      read: async () => ({ parameter: Float32Array.of(0), average: Float32Array.of(0) }),
    });
    const differing = agree(subject, peer, { kind: 'bits' }, { ...workload, tensors: 3 });
    await expect(differing).rejects.toThrow(/parameter 1 differs/);
  });

  test('demands of another algorithm that it moves', async () => {
    const other = { kind: 'other', algorithm: 'momentum' } as const;
    await expect(agree(holding([1]), holding([5]), other, workload)).rejects.toThrow(/should have moved/);
  });

  test('comes before timing: who disagrees is not measured', async () => {
    let timed = 0;
    const run = async (steps: number): Promise<number> => ((timed += steps), steps);
    const contenders = [
      fakeContender({ id: 'ours', peers: ['theirs'], open: async () => ({ ...holding([1]), run }) }),
      fakeContender({ id: 'theirs', open: async () => holding([2]) }),
    ];
    await expect(measure(comparison('ours', 'theirs'), contenders, effort)).rejects.toThrow(
      DisagreementError,
    );
    expect(timed).toBe(4);
  });
});

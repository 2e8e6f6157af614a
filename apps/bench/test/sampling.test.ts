import { describe, expect, test, vi } from 'vitest';
import { compile, interleave, type Pace, type Run, warmUp } from '../src/sampling.ts';
import { effort } from './fake.ts';

/** Takes `time(n)` milliseconds for its n-th step, and writes down what it was asked for. */
function runner(name: string, journal: string[], time: (step: number) => number): Run {
  let taken = 0;
  return async (steps) => {
    journal.push(`${name}${steps}`);
    let elapsed = 0;
    for (let i = 0; i < steps; i++) elapsed += time(taken++);
    return elapsed;
  };
}

const slow: Pace = { stepsPerSample: 1, step: 50 };

describe('pairs of samples', () => {
  test('are taken in turn, A B A B', async () => {
    const journal: string[] = [];
    const [a, b] = [runner('A', journal, () => 50), runner('B', journal, () => 50)];
    await interleave(a, b, [slow, slow], { ...effort, pairs: 0 });
    expect(journal.join(' ')).toBe('A1 B1 A1 B1 A1 B1');
  });

  test('hold the time of one step, whatever the number of steps in a sample', async () => {
    const [a, b] = [runner('A', [], () => 0.5), runner('B', [], () => 50)];
    const pairs = await interleave(a, b, [{ stepsPerSample: 8, step: 0.5 }, slow], effort);
    expect(pairs[0]).toStrictEqual([0.5, 50]);
  });

  test('begin with a step that is not timed where the other may have emptied the caches', async () => {
    const journal: string[] = [];
    // The first step after a turn of the other's takes ten times as long.
    let sinceTurn = 0;
    const a: Run = async (steps) => {
      journal.push(`A${steps}`);
      let elapsed = 0;
      for (let i = 0; i < steps; i++) elapsed += sinceTurn++ === 0 ? 10 : 1;
      return elapsed;
    };
    const b: Run = async () => {
      sinceTurn = 0;
      return 50;
    };
    const pairs = await interleave(a, b, [{ stepsPerSample: 4, step: 1 }, slow], { ...effort, pairs: 0 });
    expect(pairs.map(([ours]) => ours)).toStrictEqual([1, 1, 1]);
    expect(journal.slice(0, 2)).toStrictEqual(['A1', 'A4']);
  });

  test('repeat steps until a sample is long enough, even if warming up took them for slower', async () => {
    const journal: string[] = [];
    const a = runner('A', journal, () => 0.25);
    const pairs = await interleave(
      a,
      runner('B', [], () => 50),
      [{ stepsPerSample: 3, step: 1 }, slow],
      {
        ...effort,
        pairs: 0,
        fewestPairs: 1,
      },
    );
    // 0.75 ms a call: the third reaches the 2 ms of `effort.sample`
    expect(journal).toStrictEqual(['A1', 'A3', 'A3', 'A3']);
    expect(pairs[0]?.[0]).toBe(0.25);
  });

  test('stop when their time is up, but not before there are enough', async () => {
    const run = runner('A', [], () => 50);
    expect(await interleave(run, run, [slow, slow], { ...effort, pairs: 450, mostPairs: 100 })).toHaveLength(
      5,
    );
    expect(await interleave(run, run, [slow, slow], { ...effort, pairs: 0 })).toHaveLength(
      effort.fewestPairs,
    );
    const pairs = await interleave(run, run, [slow, slow], { ...effort, pairs: Infinity });
    expect(pairs).toHaveLength(effort.mostPairs);
  });
});

describe('what counts little of the time it takes', () => {
  let now = 0;
  /** Counts a microsecond of the five milliseconds that it takes. */
  const device: Run = async (steps) => {
    now += 5;
    return steps / 1000;
  };

  test('is not waited for until enough has been counted', async () => {
    const patient = { ...effort, compileSteps: Infinity, compile: 20, warmUp: 2, sample: 0.001 };
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    await compile(device, patient);
    await warmUp(device, patient);
    const pairs = { ...patient, pairs: 2, mostPairs: 1e9 };
    await interleave(device, device, [{ stepsPerSample: 1, step: 0.001 }, slow], pairs);
    clock.mockRestore();
    expect(now).toBeLessThan(100);
  });
});

describe('warming up', () => {
  test('finds how many steps make a sample long enough', async () => {
    const { stepsPerSample, step } = await warmUp(
      runner('A', [], () => 0.125),
      effort,
    );
    expect(step).toBe(0.125);
    expect(stepsPerSample * step).toBeGreaterThanOrEqual(effort.sample);
    expect(stepsPerSample * step).toBeLessThan(2 * effort.sample);
  });

  test('takes one step a sample where one is long enough', async () => {
    expect(
      await warmUp(
        runner('A', [], () => 7),
        effort,
      ),
    ).toStrictEqual({ stepsPerSample: 1, step: 7 });
  });

  test('goes on until the time is stable', async () => {
    const run = runner('A', [], (step) => (step < 12 ? 10 - step / 2 : 4));
    expect((await warmUp(run, { ...effort, warmUp: 1000 })).step).toBe(4);
  });

  test('gives up waiting for stability when its time is up', async () => {
    const journal: string[] = [];
    const run = runner('A', journal, (step) => 10 * 2 ** step);
    await warmUp(run, { ...effort, warmUp: 100 });
    expect(journal).toHaveLength(4); // 10 + 20 + 40 + 80 ms
  });
});

describe('compiling', () => {
  test('takes as many steps as an engine needs', async () => {
    let taken = 0;
    await compile(async (steps) => ((taken += steps), 0), effort);
    expect(taken).toBe(effort.compileSteps);
  });

  test('stops early for a contender that is slow', async () => {
    let taken = 0;
    await compile(async (steps) => ((taken += steps), 60), effort);
    expect(taken).toBe(200); // the second hundred passes 100 ms
  });
});

import { describe, expect, test } from 'vitest';
import type { Contender } from '../src/contender.ts';
import { measure } from '../src/pairing.ts';
import { comparison, effort, fakeContender, fakeRunner } from './fake.ts';

/** Writes down what happens to it: opened, read, run and closed, with the length of the workload. */
function journaling(id: string, journal: string[], changes: Partial<Contender> = {}): Contender {
  return fakeContender({
    id,
    async open({ length }) {
      journal.push(`${id} opens ${length}`);
      return fakeRunner({
        async run(steps) {
          if (journal.at(-1) !== `${id} runs ${length}`) journal.push(`${id} runs ${length}`);
          return steps;
        },
        async close() {
          journal.push(`${id} closes ${length}`);
        },
      });
    },
    ...changes,
  });
}

describe('a comparison', () => {
  test('has what is compiled late compiled before all and after the large allocations, agrees, and times', async () => {
    const journal: string[] = [];
    const contenders = [
      journaling('ours', journal, { peers: ['theirs'], compiledLate: true }),
      journaling('theirs', journal),
    ];
    await measure(comparison('ours', 'theirs'), contenders, { ...effort, fewestPairs: 2, mostPairs: 2 });
    expect(journal).toStrictEqual([
      'ours opens 256', // to be compiled
      'ours runs 256',
      'ours closes 256',
      'ours opens 4096',
      'theirs opens 4096',
      'ours runs 4096', // to agree
      'theirs runs 4096',
      'ours opens 256', // again
      'ours runs 256',
      'ours closes 256',
      'ours runs 4096', // to warm up
      'theirs runs 4096',
      'ours runs 4096', // in turn
      'theirs runs 4096',
      'ours runs 4096',
      'theirs runs 4096',
      'theirs closes 4096',
      'ours closes 4096',
    ]);
  });

  test('closes what it opened when something fails', async () => {
    const journal: string[] = [];
    const contenders = [
      journaling('ours', journal, { peers: ['theirs'] }),
      fakeContender({ id: 'theirs', open: () => Promise.reject(new Error('no memory')) }),
    ];
    await expect(measure(comparison('ours', 'theirs'), contenders, effort)).rejects.toThrow('no memory');
    expect(journal).toStrictEqual(['ours opens 4096', 'ours closes 4096']);
  });

  test('of one contender with itself needs no agreement', async () => {
    const outcome = await measure(
      comparison('ours', 'ours'),
      [fakeContender({ id: 'ours', peers: ['theirs'] })],
      effort,
    );
    expect(outcome).toMatchObject({
      status: 'measured',
      agreement: 'the same contender',
      speed: { median: 1 },
    });
  });
});

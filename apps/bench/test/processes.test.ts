import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { LineProcess } from '../src/line-process.ts';
import type { Outcome } from '../src/pairing.ts';
import { measureApart } from '../src/processes.ts';
import { comparison, effort } from './fake.ts';

const node = process.execPath;
const never = new AbortController().signal;
const small = { ...effort, sample: 0.1, compileSteps: 0, warmUp: 1, pairs: 1 };

async function all(outcomes: AsyncIterable<Outcome>): Promise<Outcome[]> {
  const list: Outcome[] = [];
  for await (const outcome of outcomes) list.push(outcome);
  return list;
}

/** The folders of the browsers that processes of this one run: others may be testing with browsers of their own. */
async function profiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  const processes = stdout.split('\n').map((line) => {
    const [pid = '', parent = '', ...args] = line.trim().split(/\s+/);
    return { pid, parent, args: args.join(' ') };
  });
  const children = processes.filter(({ parent }) => parent === String(process.pid));
  const pairings = new Set(children.map(({ pid }) => pid));
  return processes
    .filter(({ parent }) => pairings.has(parent))
    .flatMap(({ args }) => /--user-data-dir=(\S+)/.exec(args)?.[1] ?? []);
}

describe('a pairing in a process of its own', () => {
  test('gives an outcome for each comparison, in order, a failed one included', async () => {
    const comparisons = [
      comparison('asgd-cpu', 'hand-loop', { length: 64 }),
      comparison('asgd-cpu', 'nobody', { length: 64 }),
      comparison('asgd-cpu', 'hand-loop', { length: 96 }),
    ];
    const outcomes = await all(
      measureApart({ comparisons, python: 'python3', effort: small }, never, ['--conditions=@asgd/source']),
    );
    expect(outcomes).toMatchObject([
      { status: 'measured', agreement: 'identical bits in 128 values' },
      { status: 'not measured' },
      { status: 'measured', agreement: 'identical bits in 192 values' },
    ]);
    expect(outcomes[1]).toHaveProperty('reason', expect.stringMatching(/no contender 'nobody'.*: asgd-cpu,/));
    expect(outcomes[0]?.status === 'measured' && outcomes[0].pairs.length).toBeGreaterThanOrEqual(
      small.fewestPairs,
    );
  });

  test('that dies gives a reason for all that is left', async () => {
    const comparisons = [comparison('a', 'b'), comparison('a', 'b')];
    const outcomes = await all(
      measureApart({ comparisons, python: 'python3', effort: small }, never, ['--no-such-option']),
    );
    expect(outcomes).toStrictEqual(
      comparisons.map(() => ({
        status: 'not measured',
        reason: 'the process that measured it ended first (exit status 9)',
      })),
    );
  });
});

describe('a pairing that is told to stop', () => {
  test('ends at once, in the middle of a comparison', async () => {
    const comparisons = ['nobody', 'hand-loop'].map((peer) => comparison('asgd-cpu', peer, { length: 64 }));
    const endless = { comparisons, python: 'python3', effort: { ...small, mostPairs: 1e9, pairs: 1e9 } };
    const stop = new AbortController();
    const outcomes: Outcome[] = [];
    for await (const outcome of measureApart(endless, stop.signal, ['--conditions=@asgd/source'])) {
      outcomes.push(outcome);
      stop.abort(); // the first comparison has failed: the second, which does not end, begins
    }
    expect(outcomes).toMatchObject([{ status: 'not measured' }]);
  });
});

describe('a browser of a pairing', () => {
  const assignment = {
    comparisons: [comparison('asgd-wasm-browser', 'copy-shader-browser', { length: 64 })],
    python: 'python3',
    effort: { ...small, mostPairs: 1e9, pairs: 1e9 },
  };

  test('is gone, with its files, when the pairing is told to stop', async ({ task: { timeout } }) => {
    const stop = new AbortController();
    const outcomes = all(measureApart(assignment, stop.signal, ['--conditions=@asgd/source']));
    const profile = await vi.waitUntil(async () => (await profiles())[0], { timeout, interval: 100 });
    expect(existsSync(profile)).toBe(true);
    stop.abort();
    expect(await outcomes).toStrictEqual([]);
    expect(await profiles()).toStrictEqual([]);
    expect(existsSync(profile)).toBe(false);
  });
});

describe('a program that answers line by line', () => {
  const echo = "process.stdin.on('data', (text) => process.stdout.write('you said ' + text))";

  test('answers each line, one after the other', async () => {
    const program = new LineProcess(node, ['-e', echo]);
    expect(await program.ask('one')).toBe('you said one');
    expect(await program.ask('two')).toBe('you said two');
    await program.close();
  });

  test('that ends instead of answering is reported with what it said last', async () => {
    const program = new LineProcess(node, [
      '-e',
      "process.stdin.on('data', () => { throw new Error('out of memory') })",
    ]);
    await expect(program.ask('run')).rejects.toThrow(
      /ended \(exit status 1\), having said: [^]*out of memory/,
    );
    await expect(program.ask('run')).rejects.toThrow(/ended/);
    await program.close();
  });

  test('that cannot be started is reported', async () => {
    const program = new LineProcess('no-such-program', []);
    await expect(program.ask('run')).rejects.toThrow(/no-such-program could not be started/);
    await program.close();
  });
});

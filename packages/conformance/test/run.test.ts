import type { Backend } from '@asgd/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Context, Subject } from '../src/case.ts';
import { run } from '../src/run.ts';
import type { Report } from '../src/report.ts';
import { plainBackend, plainKernels } from './kernels.ts';
import { caseOf, failing, passing, rowOf, runCases } from './small-cases.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Runs them on a clock that moves to the next limit whenever there is nothing else to do. */
async function runTimed(...parameters: Parameters<typeof runCases>): Promise<Report> {
  const progress = { isOver: false };
  const report = runCases(...parameters).finally(() => (progress.isOver = true));
  while (!progress.isOver) await vi.advanceTimersToNextTimerAsync();
  return report;
}

describe('a run', () => {
  test('passes when every case passes', async () => {
    const report = await runCases([passing, caseOf('some/other')]);
    expect(report.passed).toBe(true);
    expect(report.problems).toStrictEqual([]);
    expect(report.counts).toStrictEqual({ pass: 2, fail: 0, skip: 0, 'not-applicable': 0 });
  });

  test('fails when a case fails, with what it threw in its row', async () => {
    const report = await runCases([passing, failing]);
    expect(report.passed).toBe(false);
    expect(rowOf(report, 'some/failing')).toMatchObject({
      outcome: 'fail',
      error: 'RangeError: 4 is too many',
    });
    expect(rowOf(report, 'some/passing')).toMatchObject({ outcome: 'pass', error: null });
  });

  test('survives a case that throws something that is not an error', async () => {
    const thrown: unknown = 'nothing';
    const odd = caseOf('odd', () => {
      throw thrown;
    });
    expect(rowOf(await runCases([odd]), 'odd')).toMatchObject({ outcome: 'fail', error: 'Error: nothing' });
  });

  test('reports the largest error that a case records, and an infinite one in a form that JSON can hold', async () => {
    const measured = caseOf('measured', ({ recordUlp }) => [1, 3, 2].forEach(recordUlp));
    const infinite = caseOf('infinite', ({ recordUlp }) => recordUlp(Infinity));
    const report = await runCases([measured, infinite, passing]);
    const ulps = (JSON.parse(JSON.stringify(report)) as Report).rows.map(({ ulp }) => ulp);
    expect(ulps).toStrictEqual([3, 'infinite', null]);
  });

  test('tells its caller of every row as it comes', async () => {
    const seen: string[] = [];
    await runCases([passing, failing], { onRow: ({ id }) => seen.push(id) });
    expect(seen).toStrictEqual(['some/passing', 'some/failing']);
  });

  test('says what it ran on, and which suite', async () => {
    const report = await runCases([passing]);
    expect(report).toMatchObject({
      schema: 1,
      subject: 'plain',
      backend: 'plain',
      engine: 'fresh',
      seed: 1992,
    });
    expect(report.capabilities?.dtypes).toStrictEqual(['float32', 'float64']);
    expect(report.environment.runtime).toBe(`node ${process.versions.node}`);
    expect(report.suite.torch).toBe('2.13.0');
    expect(report.suite.vectors['float32.json']).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('every case', () => {
  test('has a fresh backend, which is closed after it whether it passes or not', async () => {
    const backends: Backend[] = [];
    const keep = ({ backend }: Context): void => {
      expect(backend.closed).toBe(false);
      backends.push(backend);
    };
    const throwing = caseOf('b', (context) => {
      keep(context);
      throw new Error('no');
    });
    await runCases([caseOf('a', keep), throwing]);
    expect(new Set(backends).size).toBe(2);
    expect(backends.map(({ closed }) => closed)).toStrictEqual([true, true]);
  });

  test('may open more backends, which are closed too', async () => {
    const opened: Backend[] = [];
    const opening = caseOf('opening', async ({ open, backend }) => {
      opened.push(backend, await open(), await open());
    });
    expect((await runCases([opening])).passed).toBe(true);
    expect(opened.map(({ closed }) => closed)).toStrictEqual([true, true, true]);
  });

  test('fails when its backend cannot be closed', async () => {
    const open = (): Backend => {
      const backend = plainBackend();
      backend.close = () => Promise.reject(new Error('stuck'));
      return backend;
    };
    // The look at what the backend declares comes first, and fails as well.
    const report = await runCases([passing], {}, { name: 'stuck', open });
    expect(report.problems[0]).toContain('stuck');
    let count = 0;
    const second = await runCases(
      [passing],
      {},
      { name: 'stuck', open: () => (count++ === 0 ? plainBackend() : open()) },
    );
    expect(rowOf(second, 'some/passing')).toMatchObject({ outcome: 'fail', error: 'Error: stuck' });
  });

  test('fails when the subject gives the same backend a second time', async () => {
    const backend = plainBackend();
    backend.close = () => Promise.resolve();
    const report = await runCases([passing], {}, { name: 'sharing', open: () => backend });
    expect(rowOf(report, 'some/passing')?.error).toContain('the same backend twice');
    expect(report.passed).toBe(false);
  });

  test('is given up after the timeout, and the next one runs', async () => {
    const hanging = caseOf('hanging', () => new Promise(() => {}));
    const report = await runTimed([hanging, passing], { timeout: 30 });
    expect(rowOf(report, 'hanging')?.error).toBe('Error: The case did not finish within 30 ms.');
    expect(rowOf(report, 'some/passing')?.outcome).toBe('pass');
  });

  test('is given up when its backend does not open or close in time', async () => {
    let count = 0;
    const open = (): Backend | Promise<Backend> => (count++ === 0 ? plainBackend() : new Promise(() => {}));
    const neverOpen = await runTimed([passing], { timeout: 30 }, { name: 'slow', open });
    expect(rowOf(neverOpen, 'some/passing')?.outcome).toBe('fail');

    count = 0;
    const openStuck = (): Backend => {
      const backend = plainBackend();
      if (count++ > 0) backend.close = () => new Promise(() => {});
      return backend;
    };
    const neverClose = await runTimed([passing], { timeout: 30 }, { name: 'stuck', open: openStuck });
    expect(rowOf(neverClose, 'some/passing')?.error).toBe(
      'Error: Closing the backend did not finish within 30 ms.',
    );
  });

  test('closes a backend that opens after the case was given up', async () => {
    const late: Backend[] = [];
    let count = 0;
    const open = async (): Promise<Backend> => {
      if (count++ === 0) return plainBackend();
      await new Promise((resolve) => setTimeout(resolve, 60));
      const backend = plainBackend();
      late.push(backend);
      return backend;
    };
    await runTimed([passing], { timeout: 20 }, { name: 'late', open });
    await vi.runAllTimersAsync();
    expect(late.map(({ closed }) => closed)).toStrictEqual([true]);
  });
});

describe('an error that reaches nobody', () => {
  const after = caseOf('after', () => {});

  test.each([
    ['a rejection without a handler', () => void Promise.reject(new Error('lost')), 'A promise was rejected'],
    ['what a callback throws', () => void setImmediate(fail), 'A callback threw'],
  ])('%s fails the case that left it, and no other', async (_, leave, message) => {
    // Vitest listens too, and would fail this file.
    const listeners = ['unhandledRejection', 'uncaughtException'].map(
      (event) => [event, process.rawListeners(event)] as const,
    );
    for (const [event] of listeners) process.removeAllListeners(event);
    try {
      const report = await runCases([passing, caseOf('leaving', leave), after]);
      expect(rowOf(report, 'leaving')?.error).toContain(message);
      expect(rowOf(report, 'leaving')?.error).toContain('Error: lost');
      expect(report.counts).toMatchObject({ pass: 2, fail: 1 });
    } finally {
      for (const [event, all] of listeners) {
        for (const listener of all) process.on(event, listener as () => void);
      }
    }
  });

  function fail(): never {
    throw new Error('lost');
  }
});

describe('an engine that the cases share', () => {
  interface Engine {
    readonly number: number;
  }

  test('starts once, is given to each opening, and stops after the last case', async () => {
    const log: string[] = [];
    const subject: Subject<Engine> = {
      name: 'sharing',
      engine: {
        start: async () => ({ number: log.push('start') }),
        stop: ({ number }) => log.push(`stop ${number}`),
      },
      open({ number }) {
        log.push(`open ${number}`);
        return plainBackend();
      },
    };
    const report = await run(subject, { cases: [passing, failing] });
    expect(log).toStrictEqual(['start', 'open 1', 'open 1', 'open 1', 'stop 1']);
    expect(report.engine).toBe('shared');
    expect(report.counts).toMatchObject({ pass: 1, fail: 1 });
  });

  test('that cannot start, or stop, is a problem of the run', async () => {
    const start = (): never => {
      throw new Error('no threads');
    };
    const open = (): Backend => plainBackend();
    const unable = await run(
      { name: 'unable', engine: { start, stop: () => {} }, open },
      { cases: [passing] },
    );
    expect(unable.problems[0]).toContain('no threads');
    const stuck = await run(
      { name: 'stuck', engine: { start: () => 1, stop: start }, open },
      { cases: [passing] },
    );
    expect(stuck.problems).toStrictEqual(['The engine could not be stopped: Error: no threads']);
    expect(stuck.passed).toBe(false);
  });
});

describe('a run that ends at the first failure', () => {
  test('runs no case after it', async () => {
    const report = await runCases([passing, failing, caseOf('later')], { bail: true });
    expect(report.rows.map(({ id }) => id)).toStrictEqual(['some/passing', 'some/failing']);
    expect(report.verdict).toBe('the selection fails');
  });

  test('goes past one that is expected', async () => {
    const expectations = [{ id: 'some/failing', outcome: 'fail', reason: 'a test' }] as const;
    const report = await runCases([failing, passing], { bail: true, expectations });
    expect(report.rows).toHaveLength(2);
  });
});

describe('the report of a run that goes on', () => {
  test('holds what has run so far, and never passes', async () => {
    const seen: Report[] = [];
    await runCases([passing, caseOf('some/other')], {
      onStart: (report) => seen.push(report),
      onRow: (_, soFar) => seen.push(soFar()),
    });
    expect(seen.map(({ verdict, passed }) => [verdict, passed])).toStrictEqual(
      Array.from({ length: 3 }, () => ['unfinished', false]),
    );
    expect(seen.map(({ counts }) => counts.pass)).toStrictEqual([0, 1, 2]);
  });
});

describe('the floor', () => {
  test('fails a run that carries out too few cases, whatever the reason', async () => {
    const skipping = [{ id: 'a', outcome: 'skip', reason: 'a test' }] as const;
    const report = await runCases([caseOf('a'), caseOf('b')], { floor: 2, expectations: skipping });
    expect(report.passed).toBe(false);
    expect(report.problems).toStrictEqual(['1 of 2 cases ran; a run needs at least 2.']);
  });

  test('is met by cases that fail as expected', async () => {
    const expectations = [{ id: 'some/failing', outcome: 'fail', reason: 'a test' }] as const;
    expect((await runCases([passing, failing], { floor: 2, expectations })).passed).toBe(true);
  });
});

describe('a backend that cannot be opened', () => {
  test('fails the run, which still gives a report', async () => {
    const open = (): never => {
      throw new Error('no such device');
    };
    const report = await runCases([passing], {}, { name: 'absent', open });
    expect(report).toMatchObject({ passed: false, backend: null, capabilities: null, rows: [] });
    expect(report.problems[0]).toContain('no such device');
  });

  test('may be something that is not a backend', async () => {
    const open = (): Backend => ({}) as Backend;
    const report = await runCases([passing], {}, { name: 'empty', open });
    expect(report.problems[0]).toContain('expected a Backend made by defineBackend');
  });

  test('is one that another copy of core has made', async () => {
    vi.resetModules();
    const other = await import('@asgd/core');
    const open = (): Backend => other.defineBackend(plainKernels());
    const report = await runCases([passing], {}, { name: 'stranger', open });
    expect(report.rows).toStrictEqual([]);
    expect(report.problems[0]).toMatch(/Another copy of core made it.*npm ls @asgd\/core/);
  });

  test('is one whose opening never ends', async () => {
    const open = (): Promise<Backend> => new Promise(() => {});
    const report = await runTimed([passing], { timeout: 20 }, { name: 'hanging', open });
    expect(report.problems[0]).toContain('did not finish within 20 ms');
  });
});

test('a run that is stopped says so, and does not pass', async () => {
  const stopping = new AbortController();
  const planned: number[] = [];
  const report = await run(
    { name: 'plain', open: () => plainBackend() },
    {
      only: 'step/plain/float32/*',
      signal: stopping.signal,
      onPlan: (count) => planned.push(count),
      onRow: (row) => row.id.endsWith('n=4') && stopping.abort(),
    },
  );
  const { length } = report.rows;
  expect(report.rows.at(-1)?.id).toBe('step/plain/float32/n=4');
  expect(planned[0]).toBeGreaterThan(length);
  expect(report.problems).toStrictEqual([
    `The run was stopped when ${length} of ${planned[0]} cases had run.`,
  ]);
  expect(report.verdict).toBe('the selection fails');
  expect(report.passed).toBe(false);
});

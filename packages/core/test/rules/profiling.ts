import { type Rule, rule } from './rule.ts';
import { expect, expectSame, expectThrows } from './expect.ts';
import { averagedFixture } from './fixture.ts';

// PyTorch's profiler shows steps by this name.
const name = 'Optimizer.step#ASGD.step';
function measures(): PerformanceEntryList {
  return performance.getEntriesByName(name, 'measure');
}

/** Clears all measures before `body` and after it. */
async function measuring(body: () => void | Promise<void>): Promise<void> {
  performance.clearMeasures(name);
  try {
    await body();
  } finally {
    performance.clearMeasures(name);
  }
}

const measured = rule('profiling/steps-are-measured', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  await measuring(async () => {
    optimizer.step();
    expectSame(measures().length, 0, 'The number of measures with profiling off');
    optimizer.profiling = true;
    const start = performance.now();
    optimizer.step();
    optimizer.step();
    const end = performance.now();
    expectSame(measures().length, 2, 'The number of measures after two steps');
    for (const { startTime, duration } of measures()) {
      // A coarse clock may round the two differently.
      expect(
        startTime >= start - 1 && startTime + duration <= end + 1,
        'The measure does not match its step.',
      );
    }
    optimizer.profiling = false;
    optimizer.step();
    expectSame(measures().length, 2, 'The number of measures after profiling was turned off');
  });
});

/** The closure is part of the step, even if it is async, and so are hooks. */
const closures = rule('profiling/closures-are-included', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  optimizer.profiling = true;
  await measuring(async () => {
    const elapsed = 20;
    const pending = optimizer.step(async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, elapsed);
      });
    });
    expectSame(measures().length, 0, 'The number of measures before the closure is done');
    await pending;
    const [measure] = measures();
    expectSame(measures().length, 1, 'The number of measures when it is done');
    // Timers may fire a little early.
    expect((measure?.duration ?? 0) >= elapsed - 2, 'The measure leaves the closure out.');
  });
});

const failed = rule('profiling/failed-steps-are-not', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  optimizer.profiling = true;
  await measuring(() => {
    for (const group of optimizer.paramGroups) group.lambd = -1;
    expectThrows('INVALID_OPTION', 'A step with an invalid option', () => optimizer.step());
    expectSame(measures().length, 0, 'The number of measures after a step that failed');
  });
});

export const profilingRules: readonly Rule[] = [measured, closures, failed];

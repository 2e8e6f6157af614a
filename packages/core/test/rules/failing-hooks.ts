import { registerOptimizerStepPostHook, registerOptimizerStepPreHook, type StepArguments } from '@asgd/core';
import { type Rule, rule } from './rule.ts';
import { describe, expectRejects, expectSame, expectThrows } from './expect.ts';
import { averagedFixture, expectUnchanged } from './fixture.ts';
import { withGlobalHooks } from './step-hooks.ts';

/** Values that a pre-hook must not return. */
const wrong: readonly unknown[] = [
  5,
  null,
  false,
  'closure',
  {},
  () => 1,
  [7],
  [null],
  [undefined, 1],
  Promise.resolve([]),
];

const results = rule('hooks/step/wrong-results', async ({ backend }) => {
  for (const result of wrong) {
    const { optimizer } = averagedFixture(backend);
    let runs = 0;
    optimizer.registerStepPreHook(() => result as StepArguments);
    optimizer.registerStepPreHook(() => void runs++);
    optimizer.registerStepPostHook(() => void runs++);
    const what = `A step whose pre-hook returned ${describe(result)}`;
    await expectUnchanged(optimizer, what, () =>
      expectThrows('INVALID_ARGUMENT', what, () => optimizer.step(() => runs++)),
    );
    expectSame(runs, 0, 'How often the closure and other hooks were called');
  }
});

/** A pre-hook that throws ends the step before anything changes. */
const pre = rule('hooks/step/failing-pre-hook', async ({ backend }) => {
  const failure = new Error('The hook failed.');
  const fail = (): never => {
    throw failure;
  };
  const { optimizer } = averagedFixture(backend);
  let runs = 0;
  optimizer.registerStepPostHook(() => void runs++);
  const own = optimizer.registerStepPreHook(fail);
  const attempt = async (): Promise<void> => {
    await expectUnchanged(optimizer, 'A step whose pre-hook throws', () => {
      expectSame(
        thrownBy(() => optimizer.step(() => runs++)),
        failure,
        'What step() threw',
      );
    });
  };
  await attempt();
  own.remove();
  await withGlobalHooks([registerOptimizerStepPreHook(fail)], attempt);
  expectSame(runs, 0, 'How often the closure and the post-hook were called');
  optimizer.step();
});

/** Post-hooks run only after a successful step. No hook runs if a step is not possible at all. */
const unsuccessful = rule('hooks/step/steps-that-fail', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const seen: string[] = [];
  optimizer.registerStepPreHook(() => void seen.push('pre'));
  optimizer.registerStepPostHook(() => void seen.push('post'));
  const [group] = optimizer.paramGroups;
  if (!group) throw new Error('The optimizer has no group.');
  const runs = (): string => seen.splice(0).join();
  await withGlobalHooks([registerOptimizerStepPostHook(() => void seen.push('global post'))], async () => {
    const failure = new Error('The loss could not be computed.');
    const fail = (): never => {
      throw failure;
    };
    expectSame(
      thrownBy(() => optimizer.step(fail)),
      failure,
      'What step() threw',
    );
    expectSame(runs(), 'pre', 'The hooks of a step whose closure throws');
    await optimizer.step(async () => Promise.reject(failure)).catch(() => {});
    expectSame(runs(), 'pre', 'The hooks of a step whose closure rejects');
    group.lambd = -1;
    expectThrows('INVALID_OPTION', 'A step with an invalid option', () => optimizer.step());
    expectSame(runs(), 'pre', 'The hooks of a step with an invalid option');
    await expectRejects(
      'INVALID_OPTION',
      'A step with an invalid option and an async closure',
      optimizer.step(async () => {}),
    );
    expectSame(runs(), 'pre', 'The hooks of a step with an invalid option and an async closure');
    group.lambd = 0;
    optimizer.swapAverages();
    expectThrows('AVERAGES_SWAPPED', 'A step while swapped', () => optimizer.step());
    optimizer.swapAverages();
    optimizer.dispose();
    expectThrows('DISPOSED', 'A step of a disposed optimizer', () => optimizer.step());
    expectSame(runs(), '', 'The hooks of steps that were not possible');
  });
});

/** Loading that fails, in a hook or because of its result, changes nothing and runs no post-hooks. */
const loading = rule('hooks/loading/failures', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const dict = await averagedFixture(backend, { lr: 0.25 }).optimizer.stateDict();
  let runs = 0;
  optimizer.registerLoadStateDictPostHook(() => void runs++);
  const failure = new Error('The hook failed.');
  const failing = optimizer.registerLoadStateDictPreHook(() => {
    throw failure;
  });
  await expectUnchanged(optimizer, 'Loading when a pre-hook throws', () => {
    expectSame(
      thrownBy(() => optimizer.loadStateDict(dict)),
      failure,
      'What loadStateDict() threw',
    );
  });
  failing.remove();
  const misleading = optimizer.registerLoadStateDictPreHook(() => ({ state: {}, paramGroups: [] }));
  await expectUnchanged(optimizer, 'Loading what does not fit', () =>
    expectThrows('STATE_DICT', 'Loading a dictionary that a pre-hook returned', () =>
      optimizer.loadStateDict(dict),
    ),
  );
  misleading.remove();
  expectSame(runs, 0, 'How often the post-hook was called');
  optimizer.loadStateDict(dict);
  expectSame(runs, 1, 'How often it was called when loading succeeded');
});

const notFunctions = rule('hooks/not-functions', ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const registrations: readonly (readonly [name: string, register: (hook: never) => unknown])[] = [
    ['registerStepPreHook', (hook) => optimizer.registerStepPreHook(hook)],
    ['registerStepPostHook', (hook) => optimizer.registerStepPostHook(hook)],
    ['registerStateDictPreHook', (hook) => optimizer.registerStateDictPreHook(hook)],
    ['registerStateDictPostHook', (hook) => optimizer.registerStateDictPostHook(hook)],
    ['registerLoadStateDictPreHook', (hook) => optimizer.registerLoadStateDictPreHook(hook)],
    ['registerLoadStateDictPostHook', (hook) => optimizer.registerLoadStateDictPostHook(hook)],
    ['registerOptimizerStepPreHook', registerOptimizerStepPreHook],
    ['registerOptimizerStepPostHook', registerOptimizerStepPostHook],
  ];
  for (const [name, register] of registrations) {
    for (const hook of [undefined, null, 3, 'hook', {}]) {
      expectThrows('INVALID_ARGUMENT', `${name}(${describe(hook)})`, () => register(hook as never));
    }
  }
  optimizer.step();
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

export const failingHookRules: readonly Rule[] = [results, pre, unsuccessful, loading, notFunctions];

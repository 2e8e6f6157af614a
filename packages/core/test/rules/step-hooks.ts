import {
  type ASGD,
  type HookHandle,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
} from '@asgd/core';
import { type Rule, rule } from './rule.ts';
import { expect, expectSame } from './expect.ts';
import { averagedFixture, type Fixture } from './fixture.ts';

/** Runs `body` and then removes the global hooks `handles`, even if it fails. */
export async function withGlobalHooks<Result>(
  handles: readonly HookHandle[],
  body: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await body();
  } finally {
    for (const handle of handles) handle.remove();
  }
}

function stepOf({ optimizer, parameter }: Fixture): number | undefined {
  return optimizer.state.get(parameter)?.step;
}

/** Before a step, global hooks run first; after it, the optimizer's own. Each kind runs in order of registration. */
const order = rule('hooks/step/order', async ({ backend }) => {
  const fixture = averagedFixture(backend);
  const { optimizer } = fixture;
  const seen: string[] = [];
  const note = (what: string) => (): void => void seen.push(`${what} at ${stepOf(fixture)}`);
  optimizer.registerStepPostHook(note('own post'));
  optimizer.registerStepPreHook(note('own pre'));
  const handles = [
    registerOptimizerStepPostHook(note('global post')),
    registerOptimizerStepPreHook(note('global pre')),
    registerOptimizerStepPreHook(note('second global pre')),
    registerOptimizerStepPostHook(note('second global post')),
  ];
  optimizer.registerStepPreHook(note('second own pre'));
  optimizer.registerStepPostHook(note('second own post'));
  await withGlobalHooks(handles, () => optimizer.step(note('closure')));
  const expected = [
    'global pre at 3',
    'second global pre at 3',
    'own pre at 3',
    'second own pre at 3',
    'closure at 3',
    'own post at 4',
    'second own post at 4',
    'global post at 4',
    'second global post at 4',
  ];
  expectSame(seen.join(', '), expected.join(', '), 'What ran, and after how many updates');
});

/** Global hooks run for every optimizer, and an optimizer's own hooks only for it. */
const everyOptimizer = rule('hooks/step/of-every-optimizer', async ({ backend }) => {
  const [first, second] = [averagedFixture(backend), averagedFixture(backend)];
  const names = new Map([
    [first.optimizer, 'first'],
    [second.optimizer, 'second'],
  ]);
  const seen: string[] = [];
  const note = (kind: string) => (given: ASGD) => void seen.push(`${kind} of ${names.get(given)}`);
  first.optimizer.registerStepPreHook(note('own'));
  const handles = [registerOptimizerStepPreHook(note('pre')), registerOptimizerStepPostHook(note('post'))];
  const stepBoth = (): void => {
    first.optimizer.step();
    second.optimizer.step();
  };
  await withGlobalHooks(handles, stepBoth);
  const expected = 'pre of first,own of first,post of first,pre of second,post of second';
  expectSame(seen.join(), expected, 'The hooks that ran, and the optimizers they were given');
  stepBoth();
  expectSame(seen.slice(5).join(), 'own of first', 'The hooks that ran after the global ones were removed');
});

/** An empty list of arguments removes the closure; undefined keeps it. */
const noArguments = rule('hooks/step/closure-taken-away', ({ backend }) => {
  for (const result of [[], [undefined as never]] as const) {
    const { optimizer } = averagedFixture(backend);
    optimizer.registerStepPreHook(() => result);
    const loss = optimizer.step(() => {
      throw new Error('The closure was called.');
    });
    expectSame(loss, undefined, 'What step() returns after a hook removed the closure');
  }
  const { optimizer } = averagedFixture(backend);
  optimizer.registerStepPreHook(() => {});
  optimizer.registerStepPreHook(() => undefined);
  expectSame(
    optimizer.step(() => 7),
    7,
    'What step() returns when its hooks return nothing',
  );
});

/** Post-hooks run after the update: with an async closure, once its promise resolves. */
const asynchronous = rule('hooks/step/async-closure', async ({ backend }) => {
  const fixture = averagedFixture(backend);
  const { optimizer } = fixture;
  const seen: string[] = [];
  optimizer.registerStepPreHook(() => void seen.push('pre'));
  optimizer.registerStepPostHook(() => void seen.push(`post at ${stepOf(fixture)}`));
  const handles = [registerOptimizerStepPostHook(() => void seen.push('global post'))];
  await withGlobalHooks(handles, async () => {
    const pending = optimizer.step(async () => {
      await Promise.resolve();
      seen.push(`closure at ${stepOf(fixture)}`);
      return 'loss';
    });
    expect(pending instanceof Promise, 'step(async closure) should return a promise.');
    expectSame(seen.join(), 'pre', 'What has run before the closure is done');
    expectSame(await pending, 'loss', 'What the promise resolves to');
  });
  expectSame(seen.join(), 'pre,closure at 3,post at 4,global post', 'What has run when it is done');
});

/** A handle removes only its own registration, and may be used more than once. */
const removal = rule('hooks/step/removal', ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const seen: string[] = [];
  const hook = (): void => void seen.push('twice');
  const first = optimizer.registerStepPreHook(hook);
  optimizer.registerStepPreHook(hook);
  const post = optimizer.registerStepPostHook(() => void seen.push('post'));
  optimizer.step();
  expectSame(seen.splice(0).join(), 'twice,twice,post', 'What runs if a hook is registered twice');
  first.remove();
  first.remove();
  optimizer.step();
  expectSame(seen.splice(0).join(), 'twice,post', 'What runs after removing one of the two, twice');
  post.remove();
  optimizer.step();
  expectSame(seen.splice(0).join(), 'twice', 'What runs after removing the post-hook');
});

/** While hooks run, a hook may remove itself and register others. No other hook is skipped. */
const meanwhile = rule('hooks/step/changed-while-they-run', ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const seen: string[] = [];
  const once = optimizer.registerStepPreHook(() => {
    seen.push('once');
    once.remove();
    optimizer.registerStepPostHook(() => void seen.push('new post'));
  });
  optimizer.registerStepPreHook(() => void seen.push('always'));
  optimizer.registerStepPostHook(() => void seen.push('post'));
  optimizer.step();
  expectSame(seen.splice(0).slice(0, 3).join(), 'once,always,post', 'What runs in the first step');
  optimizer.step();
  expectSame(seen.join(), 'always,post,new post', 'What runs in the second');
});

export const stepHookRules: readonly Rule[] = [
  order,
  everyOptimizer,
  noArguments,
  asynchronous,
  removal,
  meanwhile,
];

import {
  type ASGD,
  type HookHandle,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  type StepArguments,
} from '@asgd/core';
import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expect, expectSame } from '../expect.ts';
import { averagedFixture, type Fixture } from '../fixture.ts';

const spec = 'Hooks';

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
const order = define('hooks/step/order', spec, async ({ backend }) => {
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
const everyOptimizer = define('hooks/step/of-every-optimizer', spec, async ({ backend }) => {
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

/** A pre-hook may replace the closure. Later hooks see the new one. */
const replacement = define('hooks/step/replaced-arguments', spec, async ({ backend }) => {
  const { optimizer, gradient, parameter } = averagedFixture(backend);
  const given = (): string => 'given';
  const replaced = (): string => {
    gradient.write([-2, -4, -6]);
    return 'replaced';
  };
  const seen: StepArguments[] = [];
  const note = (_: ASGD, args: StepArguments): void => void seen.push(args);
  optimizer.registerStepPreHook(note);
  const replacing = optimizer.registerStepPreHook(() => [replaced]);
  optimizer.registerStepPreHook(note);
  optimizer.registerStepPostHook(note);
  expectSame(optimizer.step(given), 'replaced', 'What step() returns');
  expectSame(seen[0]?.[0], given, 'The closure that the hook before it was given');
  expectSame(seen[1]?.[0], replaced, 'The closure that the hook after it was given');
  expectSame(seen[2]?.[0], replaced, 'The closure that the post-hook was given');
  expectSame(
    (await parameter.read()).join(),
    '-1,-2,-3',
    'The parameter after the step with the new closure',
  );
  expectSame(optimizer.step(), 'replaced', 'What step() without a closure returns');
  expectSame(seen[3]?.length, 0, 'The number of arguments of a step without a closure');
  replacing.remove();
  expectSame(optimizer.step(given), 'given', 'What step() returns after the hook was removed');
});

/** An empty list of arguments removes the closure; undefined keeps it. */
const noArguments = define('hooks/step/closure-taken-away', spec, ({ backend }) => {
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

/** The step uses the gradients and options that a pre-hook edited. */
const edits = define('hooks/step/what-hooks-edit-counts', spec, async ({ backend }) => {
  const { optimizer, parameter, gradient } = averagedFixture(backend);
  const handle = optimizer.registerStepPreHook(({ paramGroups }) => {
    gradient.write([1, 1, 1]);
    for (const group of paramGroups) group.maximize = true;
  });
  optimizer.step();
  expectSame((await parameter.read()).join(), '-1.5,-3.5,-5.5', 'The parameter after hooks with edits');
  handle.remove();
  // A schedule in a post-hook: this lr takes effect in the step after the next.
  optimizer.registerStepPostHook(({ paramGroups }) => {
    for (const group of paramGroups) group.lr = 2;
  });
  for (const expected of ['-1,-3,-5', '-0.5,-2.5,-4.5', '1.5,-0.5,-2.5']) {
    optimizer.step();
    expectSame((await parameter.read()).join(), expected, 'The parameter, with lr edited after every step');
  }
});

/** Post-hooks run after the update: with an async closure, once its promise resolves. */
const asynchronous = define('hooks/step/async-closure', spec, async ({ backend }) => {
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
const removal = define('hooks/step/removal', spec, ({ backend }) => {
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
const meanwhile = define('hooks/step/changed-while-they-run', spec, ({ backend }) => {
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

export const stepHooks: readonly Case[] = [
  order,
  everyOptimizer,
  replacement,
  noArguments,
  edits,
  asynchronous,
  removal,
  meanwhile,
];

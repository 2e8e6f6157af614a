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

/** Runs `body`, and removes the hooks of all optimizers that it registered whatever happens in it. */
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

/** Global before own, and own before global afterwards; each kind in the order of registration. */
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

/** Hooks of all optimizers run for each of them, and an optimizer's own for it alone. */
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
  expectSame(seen.join(), expected, 'The hooks that ran, and the optimizer each was given');
  stepBoth();
  expectSame(seen.slice(5).join(), 'own of first', 'Those that ran when the global ones had been removed');
});

/** A pre-hook may put another closure in the place of the given one; later hooks see what it left. */
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
  expectSame(seen[0]?.[0], given, 'The closure that the hook before was given');
  expectSame(seen[1]?.[0], replaced, 'The closure that the hook after was given');
  expectSame(seen[2]?.[0], replaced, 'The closure that the post-hook was given');
  expectSame(
    (await parameter.read()).join(),
    '-1,-2,-3',
    'The parameter after the closure that took its place',
  );
  expectSame(optimizer.step(), 'replaced', 'What step() without a closure returns');
  expectSame(seen[3]?.length, 0, 'The number of arguments of a step without a closure');
  replacing.remove();
  expectSame(optimizer.step(given), 'given', 'What step() returns when the hook has been removed');
});

/** An empty list of arguments removes the closure; undefined keeps it. */
const noArguments = define('hooks/step/closure-taken-away', spec, ({ backend }) => {
  for (const result of [[], [undefined as never]] as const) {
    const { optimizer } = averagedFixture(backend);
    optimizer.registerStepPreHook(() => result);
    const loss = optimizer.step(() => {
      throw new Error('The closure was called.');
    });
    expectSame(loss, undefined, 'What step() returns when the closure was taken away');
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

/** The step uses gradients and options as a pre-hook left them. */
const edits = define('hooks/step/what-hooks-edit-counts', spec, async ({ backend }) => {
  const { optimizer, parameter, gradient } = averagedFixture(backend);
  const handle = optimizer.registerStepPreHook(({ paramGroups }) => {
    gradient.write([1, 1, 1]);
    for (const group of paramGroups) group.maximize = true;
  });
  optimizer.step();
  expectSame((await parameter.read()).join(), '-1.5,-3.5,-5.5', 'The parameter, after hooks that edited');
  handle.remove();
  // A schedule in a post-hook: this lr enters the step size of the step after the next.
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
  expectSame(seen.join(), 'pre,closure at 3,post at 4,global post', 'What has run when it is');
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
  expectSame(seen.splice(0).join(), 'twice,twice,post', 'What runs when one hook is registered twice');
  first.remove();
  first.remove();
  optimizer.step();
  expectSame(seen.splice(0).join(), 'twice,post', 'What runs when one of the two was removed, twice');
  post.remove();
  optimizer.step();
  expectSame(seen.splice(0).join(), 'twice', 'What runs when the post-hook was removed');
});

/** A hook may remove itself and register others while hooks run. No other hook is skipped. */
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

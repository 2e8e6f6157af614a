import type { ASGD, StepArguments } from '@asgd/core';
import type { Case } from '../case.ts';
import { define } from './define.ts';
import { expectSame } from './expect.ts';
import { averagedFixture } from './fixture.ts';

const spec = 'Hooks';

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

/** Post-hooks run after the update. An error that one throws is passed on and undoes nothing. */
const post = define('hooks/step/failing-post-hook', spec, async ({ backend }) => {
  const failure = new Error('The hook failed.');
  const { optimizer, parameter } = averagedFixture(backend);
  optimizer.registerStepPostHook(() => {
    throw failure;
  });
  expectSame(
    thrownBy(() => optimizer.step()),
    failure,
    'What step() threw',
  );
  expectSame(optimizer.state.get(parameter)?.step, 4, 'The step');
  expectSame((await parameter.read()).join(), '-3,-6,-9', 'The parameter');
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** The user's functions that run before and after steps, and change what a step computes. */
export const hooks: readonly Case[] = [replacement, edits, post];

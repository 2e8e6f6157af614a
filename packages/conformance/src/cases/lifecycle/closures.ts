import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expectSame } from '../expect.ts';
import { averagedFixture } from '../fixture.ts';

const spec = 'Closures';

/** The closure runs first, so the step uses the gradients that it computes. */
const gradients = define('lifecycle/closures/gradients-of-the-closure-count', spec, async ({ backend }) => {
  const { optimizer, parameter, gradient } = averagedFixture(backend);
  const read = async (): Promise<string> => (await parameter.read()).join();
  optimizer.step(() => gradient.write([-2, -4, -6]));
  expectSame(await read(), '-1,-2,-3', 'The parameter after a closure that wrote the gradient');
  optimizer.step(() => {
    parameter.grad = null;
  });
  expectSame(await read(), '-1,-2,-3', 'The parameter after a closure that removed the gradient');
  await optimizer.step(async () => {
    await Promise.resolve();
    parameter.grad = gradient;
  });
  expectSame(await read(), '0,0,0', 'The parameter after an async closure that set it again');
});

/** Anything with a `then` is awaited. A promise from another realm is not an instance of this realm's Promise. */
const thenables = define('lifecycle/closures/thenables', spec, async ({ backend }) => {
  const { optimizer, parameter, gradient } = averagedFixture(backend);
  let resolve: ((loss: number) => void) | undefined;
  const thenable: PromiseLike<number> = {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what this is about
    then: (onfulfilled, onrejected) =>
      new Promise<number>((done) => (resolve = done)).then(onfulfilled, onrejected),
  };
  const stepping = optimizer.step(() => thenable);
  await Promise.resolve();
  expectSame((await parameter.read()).join(), '-2,-4,-6', 'The parameter until a thenable closure is done');
  gradient.write([-2, -4, -6]);
  resolve?.(7);
  expectSame(await stepping, 7, 'What step() resolves to after a thenable closure');
  expectSame((await parameter.read()).join(), '-1,-2,-3', 'The parameter after a thenable closure');
});

/** A step calls its closure once, however its promise settles. Overlapping steps each wait for their own closure. */
const overlapping = define('lifecycle/closures/overlapping', spec, async ({ backend }) => {
  const { optimizer, parameter, gradient } = averagedFixture(backend);
  let calls = 0;
  const release: (() => void)[] = [];
  const start = (values: readonly number[]): Promise<number> =>
    optimizer.step(async () => {
      calls++;
      await new Promise<void>((resolve) => release.push(resolve));
      gradient.write(values);
      return calls;
    });
  const [first, second] = [start([-2, -4, -6]), start([-4, -8, -12])];
  expectSame(calls, 2, 'How many closures were called immediately');
  expectSame((await parameter.read()).join(), '-2,-4,-6', 'The parameter before the closures are done');
  release[1]?.();
  expectSame(await second, 2, 'What the second step resolves to');
  expectSame((await parameter.read()).join(), '0,0,0', 'The parameter when the second is done');
  release[0]?.();
  await first;
  expectSame((await parameter.read()).join(), '1,2,3', 'The parameter when the first is done too');
  expectSame(calls, 2, 'How many closures were called in all');
});

/** Whatever happens while the closure runs, such as loading, comes before the update. */
const meanwhile = define('lifecycle/closures/options-when-it-is-done-count', spec, async ({ backend }) => {
  const { optimizer, parameter } = averagedFixture(backend);
  await optimizer.step(async () => {
    await Promise.resolve();
    for (const group of optimizer.paramGroups) group.maximize = true;
  });
  expectSame((await parameter.read()).join(), '-1,-2,-3', 'The parameter after options set by the closure');
});

export const closures: readonly Case[] = [gradients, thenables, overlapping, meanwhile];

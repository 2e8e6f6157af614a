import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { expect, expectSame } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import { derivativesOf, differentiate, recordedRun, seed } from './recorded.ts';

const spec = 'Differentiating';

/** Called from the last step to the first, each time with the derivatives with respect to that step's gradients. */
const order = define('differentiating/through/order', spec, async ({ backend }) => {
  const { optimizer, parameters, seeds } = recordedRun(backend);
  const steps: number[] = [];
  const seen: unknown[] = [];
  let isRunning = false;
  const result = await optimizer.backward(seeds, async (gradients, step) => {
    expect(!isRunning, 'A step was differentiated before the later one had finished.');
    isRunning = true;
    steps.push(step);
    const entries = [...gradients].map(
      async ([parameter, tensor]) => [parameters.indexOf(parameter), [...(await tensor.read())]] as const,
    );
    seen.unshift(Object.fromEntries(await Promise.all(entries)));
    isRunning = false;
  });
  expectSame(steps.join(), '2,1,0', 'The steps, in the order of differentiation');
  const { gradients } = await derivativesOf(result, parameters);
  expectEqual(seen, gradients, 'The derivatives with respect to the gradients, as the function got them:');
});

/** A function that returns nothing or an empty map adds nothing, whether it is sync or async. */
const nothing = define('differentiating/through/nothing-added', spec, async ({ backend }) => {
  const expected = await differentiate(recordedRun(backend));
  const ways = [
    (): void => {},
    async (): Promise<void> => {},
    () => new Map<never, never>(),
    async () => new Map(),
  ];
  for (const way of ways) {
    const { optimizer, parameters, seeds } = recordedRun(backend);
    const found = await derivativesOf(await optimizer.backward(seeds, way), parameters);
    expectEqual(found, expected, 'The derivatives with nothing added:');
  }
});

/** A cotangent added at one step goes back through all steps before it, like a seed of a run that ends there. */
const added = define('differentiating/through/added', spec, async ({ backend }) => {
  for (const isAsync of [false, true]) {
    const { optimizer, parameters } = recordedRun(backend);
    const [first] = parameters;
    if (!first) throw new Error('There is no parameter.');
    const extra = new Map([[first, seed(first, [4, -2])]]);
    const way = (_: unknown, step: number): typeof extra | undefined => (step === 2 ? extra : undefined);
    const result = await optimizer.backward({}, isAsync ? async (...given) => way(...given) : way);
    const found = await derivativesOf(result, parameters);
    const before = recordedRun(backend, 2);
    const [same] = before.parameters;
    if (!same) throw new Error('There is no parameter.');
    const expected = await differentiate({
      ...before,
      seeds: { parameters: new Map([[same, seed(same, [4, -2])]]) },
    });
    expectEqual(found.parameters, expected.parameters, 'The derivatives with respect to the parameters:');
    const { gradients } = found;
    expectEqual(
      gradients.slice(0, 2),
      expected.gradients,
      'The derivatives with respect to the earlier gradients:',
    );
    expectEqual(found.options, expected.options, 'The derivatives with respect to the options:');
  }
});

export const through: readonly Case[] = [order, nothing, added];

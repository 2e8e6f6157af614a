import { ASGD, type Backend, type Options, type Parameter } from '@asgd/core';
import type { Case } from '../../case.ts';
import { lanesOf } from '../../rounding.ts';
import { anyDType, define } from '../define.ts';
import { expectSame } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import {
  complexOf,
  type Derivatives,
  derivativesOf,
  differentiate,
  exactOptions,
  recordedRun,
  seed,
} from './recorded.ts';

const spec = 'Differentiating';

function parameterOf(backend: Backend, values: readonly number[], gradient: readonly number[]): Parameter {
  const dtype = anyDType(backend);
  const parameter = backend.parameter(values, { dtype });
  parameter.grad = backend.tensor(gradient, { dtype });
  return parameter;
}

const options: readonly Partial<Options>[] = [
  { ...exactOptions, differentiable: true },
  { ...exactOptions, maximize: true, weightDecay: 0, t0: 1e6, differentiable: true },
];

function members(backend: Backend): readonly [Parameter, Parameter] {
  return [parameterOf(backend, [2, -4], [1, 3]), parameterOf(backend, [8, 3], [-2, 5])];
}

/** Each seed applies to its parameter and, doubled, to its average. */
async function run(optimizer: ASGD, parameters: readonly Parameter[], steps = 3): Promise<Derivatives> {
  for (let step = 0; step < steps; step++) optimizer.step();
  const seeds = {
    parameters: new Map(parameters.map((parameter) => [parameter, seed(parameter, [1, 2])] as const)),
    averages: new Map(parameters.map((parameter) => [parameter, seed(parameter, [2, 4])] as const)),
  };
  return derivativesOf(await optimizer.backward(seeds), parameters);
}

/** Groups in one optimizer are differentiated as if each had its own optimizer. */
const independent = define('differentiating/groups/independent', spec, async ({ backend }) => {
  const together = members(backend);
  const found = await run(
    new ASGD(together.map((params, index) => ({ params, ...options[index] }))),
    together,
  );
  expectSame(found.options.length, 2, 'The number of groups');
  for (const [index, parameter] of members(backend).entries()) {
    const alone = await run(new ASGD([parameter], options[index]), [parameter]);
    expectEqual(
      found.parameters[index],
      alone.parameters[0],
      `The derivatives with respect to parameter ${index}:`,
    );
    expectEqual(
      found.averages[index],
      alone.averages[0],
      `The derivatives with respect to average ${index}:`,
    );
    expectEqual(
      found.options[index],
      alone.options[0],
      `The derivatives with respect to the options of group ${index}:`,
    );
    expectEqual(
      found.gradients.map((step) => step[index]),
      alone.gradients.map((step) => step[0]),
      `The derivatives with respect to the gradients of parameter ${index}:`,
    );
  }
});

/** The derivatives with respect to a group's options are the sum over its parameters. */
const summed = define('differentiating/groups/options-are-shared', spec, async ({ backend }) => {
  const both = members(backend);
  const shared = await run(new ASGD(both, options[0]), both);
  const parts = await Promise.all(
    members(backend).map((parameter) => run(new ASGD([parameter], options[0]), [parameter])),
  );
  for (const name of ['lr', 'lambd', 'weightDecay'] as const) {
    const sum = parts.reduce((total, part) => total + (part.options[0]?.[name] ?? NaN), 0);
    expectSame(shared.options[0]?.[name], sum, `The derivative with respect to ${name}`);
  }
});

/** A group that is not recorded is not differentiated. */
const notRecorded = define('differentiating/groups/only-those-recorded', spec, async ({ backend }) => {
  const [recorded, other] = members(backend);
  const groups = [{ params: [other] }, { params: [recorded], differentiable: true }];
  const optimizer = new ASGD(groups, exactOptions);
  for (let step = 0; step < 2; step++) optimizer.step();
  const result = await optimizer.backward({ parameters: new Map([[recorded, seed(recorded, [1, 1])]]) });
  for (const [step, gradients] of result.gradients.entries()) {
    expectSame([...gradients.keys()].length, 1, `The number of gradients in step ${step + 1}`);
    expectSame(gradients.has(recorded), true, `Whether step ${step + 1} has the recorded gradient`);
  }
  expectEqual(
    { ...result.options[0] },
    { lr: 0, lambd: 0, weightDecay: 0 },
    'The derivatives with respect to its options:',
  );
  expectSame(
    result.options[1]?.lr === 0,
    false,
    'Whether the derivative with respect to the lr of the other group is zero',
  );
});

/** A step in which a parameter had no gradient does not affect its derivatives. */
const missing = define('differentiating/groups/missing-gradients', spec, async ({ backend }) => {
  const [always, sometimes] = members(backend);
  const optimizer = new ASGD([always, sometimes], options[0]);
  const { grad } = sometimes;
  sometimes.grad = null;
  optimizer.step();
  sometimes.grad = grad;
  optimizer.step();
  sometimes.grad = null;
  const found = await run(optimizer, [always, sometimes], 1);
  expectEqual(
    found.gradients.map((step) => Object.keys(step).join()),
    ['0', '0,1', '0'],
    'The parameters that have a gradient in each step:',
  );
  const alone = members(backend)[1];
  const once = await run(new ASGD([alone], options[0]), [alone], 1);
  expectEqual(
    found.parameters[1],
    once.parameters[0],
    'The derivatives with respect to a parameter that took one step:',
  );
  expectEqual(found.averages[1], once.averages[0], 'The derivatives with respect to its average:');
  expectEqual(
    found.gradients[1]?.[1],
    once.gradients[0]?.[0],
    'The derivatives with respect to its one gradient:',
  );
});

/**
 * Each eta depends on the lr that it was made from. All of these count as one lr, so their derivatives add up.
 *
 * lambd 3 and alpha 1/2: eta is 1 of lr 1, then 1/√4 = 1/2 of lr 1, then ½/√4 = 1/4 of lr 1/2.
 *   p: 1, −2·1 − 1 = −3, −½·−3 − ½·2 = ½, then ¼·½ − ¼·4. Loss: the last.
 *   c, from the last step back: 1, ¼, −½·¼ = −⅛, and −2·−⅛ = ¼ for the initial p; −eta·c for the gradients.
 *   deta = −3·p·c − g·c, from the last step back: −1.5 − 4 = −5.5, 2.25 − ½ = 1.75, ⅜ + ⅛ = ½
 *   −Σ eta·p·c = −⅛ + ⅜ + ⅛ = ⅜, which is dweightDecay
 *   deta/dlr, from the first step on: 1, ½ − 3·½·1·1·4^−1.5 = 5/16, ½ − 3·½·½·2·4^−1.5 = 5/16
 *   deta/dlambd: 0, −½·1²·1·4^−1.5 = −1/16, −½·½²·2·4^−1.5 = −1/32
 */
const edited = define('differentiating/groups/lr-edited', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = parameterOf(backend, [1], [0]);
  const optimizer = new ASGD([parameter], { lr: 1, lambd: 3, alpha: 0.5, differentiable: true });
  for (const [lr, gradient] of [
    [1, 1],
    [0.5, 2],
    [9, 4],
  ] as const) {
    for (const group of optimizer.paramGroups) group.lr = lr;
    parameter.grad = backend.tensor([gradient], { dtype });
    optimizer.step();
  }
  const result = await optimizer.backward({ parameters: new Map([[parameter, seed(parameter, [1])]]) });
  const found = await derivativesOf(result, [parameter]);
  expectEqual(found.parameters, { 0: [0.25] }, 'The derivatives with respect to the parameter:');
  expectEqual(
    found.gradients,
    [{ 0: [0.125] }, { 0: [-0.125] }, { 0: [-0.25] }],
    'The derivatives with respect to the gradients:',
  );
  const lr = 0.5 + (5 / 16) * 1.75 - (5 / 16) * 5.5;
  const lambd = 0.375 - 1.75 / 16 + 5.5 / 32;
  expectEqual(
    found.options,
    [{ lr, lambd, weightDecay: 0.375 }],
    'The derivatives with respect to the options:',
  );
});

/** A complex parameter is differentiated as pairs of reals. */
const complex = define('differentiating/groups/complex-as-pairs', spec, async ({ backend }) => {
  const real = anyDType(backend);
  const derivatives = await Promise.all(
    [real, complexOf(real)].map((dtype) => {
      const shape = [4 / lanesOf(dtype)];
      const parameter = backend.parameter([2, -4, 8, 3], { dtype, shape });
      parameter.grad = backend.tensor([1, 3, -2, 5], { dtype, shape });
      const optimizer = new ASGD([parameter], options[0]);
      for (let step = 0; step < 3; step++) optimizer.step();
      const seeds = {
        parameters: new Map([[parameter, seed(parameter, [1, 2, 3, 4])]]),
        averages: new Map([[parameter, seed(parameter, [4, -3, 2, 1])]]),
      };
      return differentiate({ optimizer, parameters: [parameter], seeds });
    }),
  );
  expectEqual(derivatives[1], derivatives[0], 'The derivatives of a complex parameter:');
});

/** Empty and 0-d tensors are differentiated like any other, and so are tensors of several backends. */
const sizes = define('differentiating/groups/sizes-and-backends', spec, async ({ backend, open }) => {
  const other = await open();
  const dtype = anyDType(backend);
  const empty = backend.parameter([], { dtype });
  empty.grad = backend.zeros([0], { dtype });
  const scalar = backend.parameter(2, { dtype });
  scalar.grad = backend.tensor(1, { dtype });
  const far = parameterOf(other, [2, -4], [1, 3]);
  const optimizer = new ASGD([empty, scalar, far], options[0]);
  for (let step = 0; step < 3; step++) optimizer.step();
  const seeds = {
    parameters: new Map([[scalar, seed(scalar, [1])] as const, [far, seed(far, [1, 2])] as const]),
  };
  const found = await differentiate({ optimizer, parameters: [empty, scalar, far], seeds });
  const near = recordedRun(backend);
  const [first] = near.parameters;
  if (!first) throw new Error('There is no parameter.');
  const expected = await differentiate({
    ...near,
    seeds: { parameters: new Map([[first, seed(first, [1, 2])]]) },
  });
  expectEqual(
    found.parameters,
    { 0: [], 1: [expected.parameters[0]?.[0]], 2: expected.parameters[0] },
    'Derivatives:',
  );
  expectEqual(
    found.gradients[0]?.[0],
    [],
    'The derivatives with respect to the gradient of an empty parameter:',
  );
  expectEqual(
    found.gradients[2]?.[2],
    expected.gradients[2]?.[0],
    'The derivatives with respect to the gradient on another backend:',
  );
});

export const differentiatingGroups: readonly Case[] = [
  independent,
  summed,
  notRecorded,
  missing,
  edited,
  complex,
  sizes,
];

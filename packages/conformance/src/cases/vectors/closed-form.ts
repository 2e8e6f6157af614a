import {
  ASGD,
  type BackwardResult,
  type BackwardSeeds,
  type Cotangents,
  type DType,
  type Options,
  type Parameter,
  type Tensor,
} from '@asgd/core';
import type { Case, Context, Needs } from '../../case.ts';
import { realOf } from '../../rounding.ts';
import { define } from '../define.ts';
import { expect } from '../expect.ts';

// Derivatives of one step and of two, worked out by hand. With these numbers nothing rounds, in any precision, fused or
// not, and every term counts. Two reals make a complex number.

/** A run to differentiate, and its derivatives. */
interface Example {
  readonly options: Partial<Options>;
  readonly initial: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  /** The loss is the inner product of these with the parameter and the average. */
  readonly loss: { readonly parameter?: readonly number[]; readonly average?: readonly number[] };
  /** The gradients are the parameter times these, real by real, so the loss depends on the parameter through them. */
  readonly slopes?: readonly number[];
  readonly wanted: Wanted;
}

interface Wanted {
  readonly parameter: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly lr: number;
  readonly lambd: number;
  readonly weightDecay: number;
}

// p' = 0.75 p - 0.5 (g + 0.25 p), so dp = 0.625 c and dg = -0.5 c. With <p, c> = -6 and <g, c> = 7,
// deta = -0.75 * -6 - 7 = -2.5, which is dlr, as eta is lr; dlambd = dweightDecay = -0.5 * -6.
const oneStep: Example = {
  options: { lr: 0.5, lambd: 0.5, weightDecay: 0.25 },
  initial: [2, -4],
  gradients: [[1, 3]],
  loss: { parameter: [1, 2] },
  wanted: { parameter: [0.625, 1.25], gradients: [[-0.5, -1]], lr: -2.5, lambd: 3, weightDecay: 3 },
};

// p' = 0.75 p - 0.5 (-g + 0.25 p): dg = 0.5 c, and deta = 4.5 + 7.
const ascending: Example = {
  ...oneStep,
  options: { ...oneStep.options, maximize: true },
  wanted: { ...oneStep.wanted, gradients: [[0.5, 1]], lr: 11.5 },
};

// The average is the parameter, so c may be given for either, or split between both.
const ofBoth: Example = { ...oneStep, loss: { parameter: [3, 1], average: [-2, 1] } };

// 1 + lambd lr = 4, so eta is 0.5, then 0.5 / sqrt(4) = 0.25; mu is 1, then 1/2.
//   p1 = -2 p0 - 0.5 (g1 + 0.5 p0) = -2.25 p0 - 0.5 g1 = [-4.25, -0.5]           ax1 = p1
//   p2 = -0.5 p1 - 0.25 (g2 + 0.5 p1) = -0.625 p1 - 0.25 g2                      ax2 = p1 / 2 + p2 / 2
// With the loss <c, p2> + <d, ax2>, c = [1, 0] and d = [0, 2]:
//   c2 = c + d / 2 = [1, 1], dg2 = -0.25 c2
//   c1 = -0.625 c2 + d / 2 = [-0.625, 0.375], dg1 = -0.5 c1, dp0 = -2.25 c1
//   <p1, c2> = -4.75, <g2, c2> = 24, deta2 = 6.5 * 4.75 - 24 = 6.875
//   <p0, c1> = 0.125, <g1, c1> = -5.5, deta1 = -6.5 * 0.125 + 5.5 = 4.6875
//   deta2/dlr = 4^-0.5 - 0.5 * 0.5 * 6 * 4^-1.5 = 0.3125, deta2/dlambd = -0.5 * 0.5^2 * 4^-1.5 = -0.015625
//   dlr = deta1 + 0.3125 deta2, dweightDecay = -0.5 <p0, c1> - 0.25 <p1, c2> = 1.125
//   dlambd = 1.125 - 0.015625 deta2
const twoSteps: Example = {
  options: { lr: 0.5, lambd: 6, alpha: 0.5, weightDecay: 0.5, t0: -1 },
  initial: [1, 2],
  gradients: [
    [4, -8],
    [16, 8],
  ],
  loss: { parameter: [1, 0], average: [0, 2] },
  wanted: {
    parameter: [1.40625, -0.84375],
    gradients: [
      [0.3125, -0.1875],
      [-0.25, -0.25],
    ],
    lr: 6.8359375,
    lambd: 1.017578125,
    weightDecay: 1.125,
  },
};

// The loss is the sum of p2 = (1 - lr a)^2 p0 = [0.25, 4] p0, with a = [2, -4]; p1 = [2, 2].
//   dg2 = -0.25 c, c1 = c + a dg2 = [0.5, 2], dg1 = -0.25 c1, dp0 = c1 + a dg1 = [0.25, 4]
//   dlr = <-2 a (1 - lr a), p0> = -8 + 16, dweightDecay = -0.25 <p0, c1> - 0.25 <p1, c> = -2
//   deta2 = -<a p1, c> = 4, and lambd = 0 makes deta2/dlambd = -0.5 lr^2 = -0.03125: dlambd = -2 - 0.125
const throughGradients: Example = {
  options: { lr: 0.25, lambd: 0, alpha: 0.5 },
  initial: [4, 1],
  gradients: [
    [8, -4],
    [4, -8],
  ],
  loss: { parameter: [1, 1] },
  slopes: [2, -4],
  wanted: {
    parameter: [0.25, 4],
    gradients: [
      [-0.125, -0.5],
      [-0.25, -0.25],
    ],
    lr: 8,
    lambd: -2.125,
    weightDecay: -2,
  },
};

const examples: Readonly<Record<string, Example>> = {
  'one-step': oneStep,
  'one-step/maximize': ascending,
  'one-step/of-both': ofBoth,
  'two-steps': twoSteps,
  'through-gradients': throughGradients,
};

const dtypes: readonly DType[] = ['float32', 'float64', 'complex64', 'complex128'];

export const closedFormCases: readonly Case[] = dtypes.flatMap((dtype) => [
  ...Object.entries(examples).map(([name, example]) => closedForm(name, dtype, example)),
  closedForm('two-steps/tensor-lr', dtype, twoSteps, { hostVisible: true }),
]);

function closedForm(name: string, dtype: DType, example: Example, needs: Needs = {}): Case {
  const id = `differentiating/closed-form/${name}/${dtype}`;
  // The derivative needs the value, and here only the device can read it.
  const run = (context: Context): Promise<void> => check(context, dtype, example, needs.hostVisible === true);
  return define(id, 'Differentiating', run, { dtypes: [dtype], ...needs });
}

async function check(
  { backend }: Context,
  dtype: DType,
  example: Example,
  hasTensorLr: boolean,
): Promise<void> {
  const { options, initial, gradients, loss, slopes, wanted } = example;
  const parameter = backend.parameter(initial, { dtype });
  const lr = hasTensorLr
    ? backend.tensor([Number(options.lr)], { dtype: realOf(dtype) })
    : (options.lr ?? NaN);
  const optimizer = new ASGD([parameter], { ...options, lr, differentiable: true });
  for (const gradient of gradients) {
    parameter.grad = backend.tensor(gradient, { dtype });
    optimizer.step();
  }
  const seed = (values: readonly number[] | undefined): Cotangents =>
    new Map(values ? [[parameter, backend.tensor(values, { dtype })]] : []);
  const seeds: BackwardSeeds = { parameters: seed(loss.parameter), averages: seed(loss.average) };
  const through = async (cotangents: Cotangents): Promise<Cotangents | void> => {
    const values = await cotangents.get(parameter)?.read();
    if (slopes && values) return seed(slopes.map((slope, index) => slope * (values[index] ?? NaN)));
  };
  await expectDerivatives(parameter, await optimizer.backward(seeds, through), wanted);
}

async function expectDerivatives(parameter: Parameter, found: BackwardResult, wanted: Wanted): Promise<void> {
  await expectValues('the parameter', found.parameters.get(parameter), wanted.parameter);
  // Before the first step there is no average.
  await expectValues(
    'the average',
    found.averages.get(parameter),
    wanted.parameter.map(() => 0),
  );
  for (const [step, gradient] of wanted.gradients.entries()) {
    await expectValues(`step ${step + 1}'s gradient`, found.gradients[step]?.get(parameter), gradient);
  }
  for (const name of ['lr', 'lambd', 'weightDecay'] as const) {
    const value = found.options[0]?.[name];
    expect(
      value === wanted[name],
      `The derivative with respect to ${name} is ${value}; expected ${wanted[name]}.`,
    );
  }
}

async function expectValues(
  what: string,
  tensor: Tensor | undefined,
  wanted: readonly number[],
): Promise<void> {
  const values = [...((await tensor?.read()) ?? [])];
  const isSame = values.length === wanted.length && values.every((value, index) => value === wanted[index]);
  expect(
    isSame,
    `The derivative with respect to ${what} is [${values.join(', ')}]; expected [${wanted.join(', ')}].`,
  );
}

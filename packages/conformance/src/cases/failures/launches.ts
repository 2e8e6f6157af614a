import { ASGD, asgd, type Parameter, type Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectSame } from '../expect.ts';
import { errorOf } from './operations.ts';

// What is not all or nothing: several launches in one call, and several writes.

const count = 4;

/** The launches before the one that fails have made their update, including the state; the others have not. */
const launches = define(
  'failures/step/several-launches',
  'Errors',
  async ({ open, failNext }) => {
    for (let nth = 1; nth <= count; nth++) {
      const backend = await open();
      const dtype = anyDType(backend);
      const parameters = Array.from({ length: count }, (_, index): Parameter => {
        const parameter = backend.parameter([index, 10 * index], { dtype });
        parameter.grad = backend.tensor([1, 2], { dtype });
        return parameter;
      });
      const optimizer = new ASGD(parameters, { lr: 1, lambd: 0, foreach: false });
      await backend.synchronize();
      await failNext('step', backend, nth);
      const thrown = await errorOf(() => optimizer.step());
      if (thrown === undefined) {
        const reported = await errorOf(() => backend.synchronize());
        expect(reported !== undefined, `Launch ${nth} failed, and nobody was told.`);
        return;
      }
      for (const [index, parameter] of parameters.entries()) {
        const steps = optimizer.state.get(parameter)?.step ?? 0;
        expectSame(
          steps,
          index < nth - 1 ? 1 : 0,
          `With launch ${nth} failing, the steps of parameter ${index}`,
        );
        expectSame(
          (await parameter.read()).join(),
          `${index - steps},${10 * index - 2 * steps}`,
          `With launch ${nth} failing, parameter ${index}`,
        );
        if (steps > 0) parameter.grad = null;
      }
      optimizer.step();
      const values = await Promise.all(parameters.map(async (parameter) => (await parameter.read()).join()));
      expectSame(values.join(' '), '-1,-2 0,8 1,18 2,28', 'The parameters, when the rest has been repeated');
      await backend.close();
    }
  },
  { failures: ['failNext.step'] },
);

/** The same of the functional form. */
const functional = define(
  'failures/step/several-launches-of-asgd',
  'Errors',
  async ({ open, failNext }) => {
    for (let nth = 1; nth <= count; nth++) {
      const backend = await open();
      const make = (value: number): Tensor[] =>
        Array.from({ length: count }, () => backend.tensor([value], { dtype: anyDType(backend) }));
      const [params, grads, axs] = [make(8), make(1), make(0)];
      const [mus, etas, steps] = [1, 1, 0].map((value) => Array.from({ length: count }, () => value)) as [
        number[],
        number[],
        number[],
      ];
      await backend.synchronize();
      await failNext('step', backend, nth);
      const options = { lr: 1, lambd: 0, foreach: false };
      const thrown = await errorOf(() => asgd(params, grads, axs, mus, etas, steps, options));
      if (thrown === undefined) {
        const reported = await errorOf(() => backend.synchronize());
        expect(reported !== undefined, `Launch ${nth} failed, and nobody was told.`);
        return;
      }
      const values = await Promise.all(params.map(async (tensor) => (await tensor.read())[0]));
      const done = Array.from({ length: count }, (_, index) => index < nth - 1);
      expectSame(steps.join(), done.map(Number).join(), `With launch ${nth} failing, stateSteps`);
      expectSame(values.join(), done.map((isDone) => (isDone ? 7 : 8)).join(), 'The parameters');
      await backend.close();
    }
  },
  { failures: ['failNext.step'] },
);

/** Gradients are filled with zeros one after another. */
const zeroing = define(
  'failures/write/zero-grad',
  'Errors',
  async ({ open, failNext }) => {
    for (let nth = 1; nth <= count; nth++) {
      const backend = await open();
      const dtype = anyDType(backend);
      const parameters = Array.from({ length: count }, (): Parameter => {
        const parameter = backend.parameter([1], { dtype });
        parameter.grad = backend.tensor([5], { dtype });
        return parameter;
      });
      const optimizer = new ASGD(parameters);
      await backend.synchronize();
      await failNext('write', backend, nth);
      const thrown = await errorOf(() => optimizer.zeroGrad({ setToNone: false }));
      const reported = await errorOf(() => backend.synchronize());
      expect((thrown ?? reported) !== undefined, `Write ${nth} failed, and nobody was told.`);
      if (thrown === undefined) return;
      const values = await Promise.all(parameters.map(async ({ grad }) => (await grad?.read())?.[0]));
      const expected = parameters.map((_, index) => (index < nth - 1 ? 0 : 5));
      expectSame(values.join(), expected.join(), `With write ${nth} failing, the gradients`);
      optimizer.zeroGrad({ setToNone: false });
      expectSame((await parameters[3]?.grad?.read())?.[0], 0, 'The last gradient, when it is repeated');
      await backend.close();
    }
  },
  { failures: ['failNext.write'] },
);

export const severalLaunches: readonly Case[] = [launches, functional, zeroing];

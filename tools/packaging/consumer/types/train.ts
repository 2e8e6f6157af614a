// A user's program in TypeScript. It is only type-checked: against the declarations that the packages ship.
import { ASGD, type Backend, DTypeError, type Options, type Parameter, type RealArray } from '@asgd/core';
import { cpu } from '@asgd/cpu';

const backend: Backend<RealArray> = await cpu();
const options: Partial<Options> = { lr: 0.5, lambd: 0, t0: -1 };
const weight: Parameter = backend.parameter([4], { dtype: 'float64', name: 'weight' });
const optimizer: ASGD = new ASGD([weight], options);
weight.grad = backend.tensor([1], { dtype: 'float64' });
optimizer.step();
const values: RealArray = await optimizer.averageOf(weight).read();
export const loss: Promise<number> = optimizer.step(async () => values[0] ?? 0);
export const code: 'DTYPE' | undefined = loss instanceof DTypeError ? loss.code : undefined;

// Had the declarations come out as `any`, nothing here would be an error.
// @ts-expect-error: no such dtype
backend.parameter([4], { dtype: 'int8' });
// @ts-expect-error: no such option
export const misspelled: ASGD = new ASGD([weight], { learningRate: 0.5 });
// @ts-expect-error: read() gives a promise
export const early: RealArray = weight.read();

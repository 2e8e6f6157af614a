import { ASGD, type Backend, type Options, type Parameter, type RealArray, type Tensor } from '@asgd/core';
import { expectEqual, expectSame } from './expect.ts';
import { anyDType } from './rule.ts';

/** An optimizer that has averaged three updates. */
export interface Fixture {
  readonly parameter: Parameter;
  readonly gradient: Tensor;
  readonly optimizer: ASGD;
}

/** The options of a {@link Fixture}: under them its updates are exact in any precision. */
export const fixtureOptions: Readonly<Partial<Options>> = { lr: 0.5, lambd: 0, t0: 0 };

/** Starts at [1, 2, 3]; three steps of −0.5·[2, 4, 6] lead to [-2, -4, -6], with the average [-1.5, -3, -4.5]. */
export function averagedFixture(backend: Backend, options: Partial<Options> = {}): Fixture {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1, 2, 3], { dtype });
  const gradient = backend.tensor([2, 4, 6], { dtype });
  const optimizer = new ASGD([parameter], { ...fixtureOptions, ...options });
  parameter.grad = gradient;
  for (let update = 0; update < 3; update++) optimizer.step();
  return { parameter, gradient, optimizer };
}

/** Fails unless `call` leaves the optimizer, its parameters and their gradients exactly as they were. */
export async function expectUnchanged(optimizer: ASGD, what: string, call: () => unknown): Promise<void> {
  const [before, gradients] = [await snapshot(optimizer), gradientsOf(optimizer)];
  await call();
  expectEqual(await snapshot(optimizer), before, `${what} should change nothing`);
  for (const [index, gradient] of gradientsOf(optimizer).entries()) {
    expectSame(gradient, gradients[index], `${what} should change nothing, not even which gradient is set`);
  }
}

async function snapshot(optimizer: ASGD): Promise<unknown> {
  const parameters = parametersOf(optimizer);
  return {
    swapped: optimizer.swapped,
    dict: await optimizer.stateDict(),
    values: await Promise.all(parameters.map(valuesOf)),
    gradientValues: await Promise.all(gradientsOf(optimizer).map(valuesOf)),
  };
}

function parametersOf({ paramGroups }: ASGD): readonly Parameter[] {
  return paramGroups.flatMap(({ params }) => params);
}

function gradientsOf(optimizer: ASGD): readonly (Tensor | null)[] {
  return parametersOf(optimizer).map(({ grad }) => grad);
}

async function valuesOf(tensor: Tensor | null): Promise<RealArray | null | 'disposed'> {
  return tensor?.disposed ? 'disposed' : (tensor?.read() ?? null);
}

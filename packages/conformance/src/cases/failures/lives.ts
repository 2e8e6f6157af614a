import {
  ASGD,
  asgd,
  type Backend,
  type BackwardResult,
  type Parameter,
  type StateDict,
  type Tensor,
} from '@asgd/core';
import { anyDType } from '../define.ts';

/** What a program does with a backend, call by call. Each call either does all of its work or fails and changes nothing. */
export interface Life {
  readonly calls: readonly (() => unknown)[];
  /** All values that exist, as plain data. */
  look(): Promise<unknown>;
}

export type LifeName = 'tensors' | 'training' | 'checkpoint' | 'recording' | 'functional';

/** Begins a life with tensors of some length. */
export const lives: Readonly<Record<LifeName, (backend: Backend, length: number) => Promise<Life>>> = {
  async tensors(backend, length) {
    const dtype = anyDType(backend);
    const made: Tensor[] = [];
    const reads: unknown[] = [];
    return {
      calls: [
        () => made.push(backend.parameter(ramp(length, 1), { dtype })),
        () => made.push(backend.tensor(ramp(length, 2), { dtype })),
        () => made.push(backend.zeros([length], { dtype })),
        () => made[2]?.write(ramp(length, 3)),
        async () => reads.push(await made[2]?.read()),
        () => made[1]?.write(ramp(length, 4)),
        async () => reads.push(await made[1]?.read()),
      ],
      look: async () => ({
        values: await Promise.all(made.map((tensor) => tensor.read())),
        reads: [...reads],
      }),
    };
  },

  async training(backend, length) {
    const { parameters, optimizer } = begin(backend, length);
    return {
      calls: [
        () => optimizer.step(),
        () => optimizer.step(), // averages get storage
        () => optimizer.step(),
        () => optimizer.swapAverages(),
        () => optimizer.swapAverages(),
        () => parameters[0]?.write(ramp(length, 5)),
        () => optimizer.step(),
      ],
      look: () => lookAt(optimizer),
    };
  },

  async checkpoint(backend, length) {
    const dtype = anyDType(backend);
    const rates = [1, 2, 3].map((lr) => backend.tensor(lr, { dtype }));
    const groups = rates.map((lr, index) => ({ params: [parameterOf(backend, length, index)], lr }));
    // Without a gradient, no step is taken on the device, which not every backend can.
    const optimizer = new ASGD(groups);
    const [saved] = Object.values((await trained(backend, length)).state);
    let dict: StateDict | undefined;
    return {
      calls: [
        async () => (dict = { ...(await optimizer.stateDict()), state: saved ? { 0: saved, 2: saved } : {} }),
        () => dict?.paramGroups.forEach((group, index) => Object.assign(group, { lr: index + 10 })),
        () => dict && optimizer.loadStateDict(dict),
        async () => void (await optimizer.stateDict()),
      ],
      look: () => lookAt(optimizer),
    };
  },

  async recording(backend, length) {
    const { parameters, optimizer } = begin(backend, length, { differentiable: true });
    const results: unknown[] = [];
    let found: BackwardResult | undefined;
    const differentiate = async (): Promise<void> => {
      const seeds = new Map(parameters.map((parameter) => [parameter, parameter.grad as Tensor]));
      found = await optimizer.backward({ averages: seeds });
    };
    const readResults = async (): Promise<void> => {
      const tensors = found?.gradients.flatMap((step) => [...step.values()]) ?? [];
      results.push(found?.options, await Promise.all(tensors.map((tensor) => tensor.read())));
    };
    return {
      calls: [
        () => optimizer.step(),
        () => optimizer.step(),
        () => optimizer.step(),
        differentiate,
        readResults,
      ],
      look: async () => ({ state: await lookAt(optimizer), results: [...results] }),
    };
  },

  async functional(backend, length) {
    const dtype = anyDType(backend);
    const [params, grads, axs] = [1, 2, 3].map((seed) =>
      [0, 1].map((index) => backend.tensor(ramp(length, seed + 3 * index), { dtype })),
    ) as [Tensor[], Tensor[], Tensor[]];
    const mus = [1, 1];
    const etas = [0.5, 0.5];
    const steps = [0, 0];
    const call = (): void => asgd(params, grads, axs, mus, etas, steps, { lr: 0.5, t0: 0 });
    return {
      calls: [call, call, call],
      look: async () => ({
        numbers: [[...mus], [...etas], [...steps]],
        values: await Promise.all([...params, ...grads, ...axs].map((tensor) => tensor.read())),
      }),
    };
  },
};

/** Two parameters that one launch updates. */
export function begin(
  backend: Backend,
  length: number,
  options: { readonly differentiable?: boolean } = {},
): { readonly parameters: readonly Parameter[]; readonly optimizer: ASGD } {
  const parameters = [1, 2].map((seed) => parameterOf(backend, length, seed));
  for (const [index, parameter] of parameters.entries()) {
    parameter.grad = backend.tensor(ramp(length, index + 7), { dtype: parameter.dtype });
  }
  return { parameters, optimizer: new ASGD(parameters, { lr: 0.5, t0: 0, weightDecay: 0.125, ...options }) };
}

async function trained(backend: Backend, length: number): Promise<StateDict> {
  const { parameters, optimizer } = begin(backend, length);
  for (let step = 0; step < 3; step++) optimizer.step();
  const dict = await optimizer.stateDict();
  optimizer.dispose();
  for (const parameter of parameters) {
    parameter.grad?.dispose();
    parameter.dispose();
  }
  return dict;
}

function parameterOf(backend: Backend, length: number, seed: number): Parameter {
  return backend.parameter(ramp(length, seed), { dtype: anyDType(backend) });
}

/** Numbers that differ from tensor to tensor. */
export function ramp(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  for (let index = 0; index < length; index++) values[index] = ((index * 7 + seed * 13) % 31) / 8 - 1;
  return values;
}

async function lookAt(optimizer: ASGD): Promise<unknown> {
  const parameters = optimizer.paramGroups.flatMap(({ params }) => params);
  const tensors = parameters.flatMap((parameter) => [
    parameter,
    optimizer.averageOf(parameter),
    ...(parameter.grad ? [parameter.grad] : []),
  ]);
  return {
    swapped: optimizer.swapped,
    dict: await optimizer.stateDict(),
    values: await Promise.all(tensors.map((tensor) => tensor.read())),
  };
}

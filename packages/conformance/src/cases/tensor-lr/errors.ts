import { ASGD, type Backend, type DType, type Options, type Parameter, type Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectRejects, expectSame, expectThrows } from '../expect.ts';
import { averagedFixture, expectUnchanged } from '../fixture.ts';
import { hostMemory } from './host-memory.ts';

const spec = 'Tensor learning rate';
const needs = { schedules: true } as const;

function descending(backend: Backend): Parameter {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  return parameter;
}

/** Only a real tensor with one element may be an lr. Any other is refused, whether a step is possible or not. */
const forms = define('errors/tensor-lr/form', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const complex: DType = dtype === 'float32' ? 'complex64' : 'complex128';
  const wrong: Readonly<Record<string, Tensor>> = {
    'two elements': backend.tensor([0.1, 0.2], { dtype }),
    'no elements': backend.tensor([], { dtype }),
    'two elements in two dimensions': backend.tensor([0.1, 0.2], { dtype, shape: [1, 2] }),
    'one complex element': backend.tensor([0.1, 0], { dtype: complex }),
  };
  for (const [what, lr] of Object.entries(wrong)) {
    const { optimizer } = averagedFixture(backend);
    const refuse = (where: string, call: () => unknown): void =>
      expectThrows('INVALID_OPTION', `An lr of ${what} ${where}`, call);
    refuse('for the constructor', () => new ASGD([descending(backend)], { lr }));
    refuse('for the constructor, without parameters', () => new ASGD([], { lr }));
    refuse('in a group', () => new ASGD([{ params: [descending(backend)], lr }]));
    await expectUnchanged(optimizer, `Adding a group with an lr of ${what}`, () =>
      refuse('in an added group', () => optimizer.addParamGroup({ params: [descending(backend)], lr })),
    );
    const group = optimizer.paramGroups[0];
    if (!group) throw new Error('The optimizer has no group.');
    const { lr: before } = group;
    group.lr = lr;
    expectThrows('INVALID_OPTION', `A step with an lr of ${what}`, () => optimizer.step());
    group.lr = before;
    expectSame((await optimizer.stateDict()).state[0]?.step, 3, 'The step after a failed step');
  }
});

/** A disposed tensor, or one on a closed backend, has no value; then no group is updated. */
const unusable = define(
  'errors/tensor-lr/unusable',
  spec,
  async ({ backend, open }) => {
    const other = await open();
    const lrs: Readonly<Record<'DISPOSED' | 'CLOSED', Tensor>> = {
      DISPOSED: backend.tensor([0.5], { dtype: anyDType(backend) }),
      CLOSED: other.tensor([0.5], { dtype: anyDType(other) }),
    };
    lrs.DISPOSED.dispose();
    await other.close();
    for (const code of ['DISPOSED', 'CLOSED'] as const) {
      const { optimizer, parameter } = averagedFixture(backend);
      optimizer.addParamGroup({ params: [descending(backend)], lr: lrs[code] });
      const before = (await parameter.read()).join();
      expectThrows(code, 'A step with an lr that has no value', () => optimizer.step());
      await expectRejects(
        code,
        'An async step with an lr that has no value',
        optimizer.step(async () => 1),
      );
      expectSame((await parameter.read()).join(), before, 'The parameter of another group');
      expectSame(optimizer.state.get(parameter)?.step, 3, 'Its step');
      for (const group of optimizer.paramGroups) group.lr = 0.5;
      optimizer.step();
      expectSame(optimizer.state.size, 2, 'The number of states after a step with a number');
    }
  },
  needs,
);

/** If the host sees the value, it must follow the rule for a number, wherever the parameters are. */
const values = define('errors/tensor-lr/value', spec, async ({ backend }) => {
  const { hostVisible } = backend.capabilities;
  for (const owner of [hostMemory(), ...(hostVisible ? [backend] : [])]) {
    for (const value of [-1, NaN, -Infinity]) {
      const lr = owner.tensor([0.5], { dtype: anyDType(owner) });
      const optimizer = new ASGD([descending(backend)], { lr: 0.5 });
      optimizer.addParamGroup({ params: [descending(backend)], lr });
      optimizer.step();
      lr.write([value]);
      await expectUnchanged(optimizer, `A step with an lr tensor that holds ${value}`, () =>
        expectThrows('INVALID_OPTION', `An lr tensor that holds ${value}`, () => optimizer.step()),
      );
      lr.write([0]);
      optimizer.step();
    }
  }
});

/** The host cannot read the memory of a device. For memory that it can read, see tensor-lr/on-another-backend. */
const elsewhere = define(
  'errors/tensor-lr/on-another-device',
  spec,
  async ({ backend, open }) => {
    const other = await open();
    const lr = other.tensor([0.5], { dtype: anyDType(other) });
    const [near, far] = [descending(backend), descending(other)];
    const optimizer = new ASGD([near, far], { lr });
    await expectUnchanged(optimizer, 'A step with an lr on another device', () =>
      expectThrows('BACKEND_MISMATCH', 'A step with an lr on another device', () => optimizer.step()),
    );
    near.grad = null;
    optimizer.step();
    expectSame(
      optimizer.state.size,
      1,
      'The number of states after a step of the parameter on the same device as lr',
    );
  },
  { ...needs, hostVisible: false },
);

/** Differentiating needs the schedule on the host. */
const differentiable = define(
  'errors/tensor-lr/differentiable',
  'Differentiating',
  async ({ backend }) => {
    const options: Partial<Options> = {
      lr: backend.tensor([0.5], { dtype: anyDType(backend) }),
      differentiable: true,
    };
    const optimizer = new ASGD([descending(backend)], options);
    await expectUnchanged(optimizer, 'A differentiable step with lr on a device', () =>
      expectThrows('INVALID_OPTION', 'A differentiable step with lr on a device', () => optimizer.step()),
    );
  },
  { ...needs, hostVisible: false },
);

export const tensorLrErrors: readonly Case[] = [forms, unusable, values, elsewhere, differentiable];

import {
  ASGD,
  type Backend,
  type Options,
  type Parameter,
  type SavedTensor,
  type StateDict,
  type Tensor,
} from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectSame, expectThrows } from '../expect.ts';
import { expectEqual, expectUnchanged } from '../fixture.ts';
import { expectAbout } from '../capturable/about.ts';

const spec = 'Tensor learning rate';
const needs = { schedules: true } as const;

interface Descent {
  readonly parameter: Parameter;
  readonly optimizer: ASGD;
}

function descend(backend: Backend, lr: Options['lr']): Descent {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  return { parameter, optimizer: new ASGD([parameter], { lr, lambd: 0 }) };
}

async function valueOf(tensor: Tensor): Promise<string> {
  return (await tensor.read()).join();
}

/** A tensor lr is saved like `ax`: dtype, shape and values as of the call. */
const saved = define(
  'tensor-lr/dictionary/saved',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const lr = backend.tensor([0.5], { dtype, shape: [1, 1] });
    const { optimizer } = descend(backend, lr);
    optimizer.step();
    const saving = optimizer.stateDict();
    saving.catch(() => {}); // it is awaited below, unless something else fails first
    lr.write([4]);
    const dict = await saving;
    const expected: SavedTensor = {
      dtype,
      shape: [1, 1],
      values: dtype === 'float32' ? Float32Array.of(0.5) : Float64Array.of(0.5),
    };
    expectEqual(dict.paramGroups[0]?.lr, expected, 'lr, as saved:');
    expectEqual(structuredClone(dict), dict, 'A structured clone:');
  },
  needs,
);

/** Loading writes the saved value into the group's tensor and keeps the tensor, since schedulers hold on to it. */
const written = define(
  'tensor-lr/dictionary/written-into-the-tensor',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const [first, second] = [backend.tensor([0.5], { dtype }), backend.tensor(8, { dtype })];
    const original = descend(backend, first);
    original.optimizer.step();
    first.write([2]);
    original.optimizer.step();
    const clone = descend(backend, second);
    clone.parameter.write(await original.parameter.read());
    clone.optimizer.loadStateDict(structuredClone(await original.optimizer.stateDict()));
    expectSame(clone.optimizer.paramGroups[0]?.lr, second, 'lr after loading');
    expectSame(second.shape.length, 0, 'The dimensions of lr after loading');
    expectSame(await valueOf(second), '2', 'The value of lr after loading');
    first.write([16]);
    clone.optimizer.step();
    await expectAbout(clone.parameter, [-3], 'The parameter of a clone after another step');
    second.write([4]);
    clone.optimizer.step();
    clone.optimizer.step();
    await expectAbout(clone.parameter, [-9], 'The parameter of a clone after three more steps');
    expectSame(await valueOf(first), '16', 'The value of the tensor that was saved');
  },
  needs,
);

/** A saved number is written into the group's tensor; a saved tensor becomes a number if the group's lr is one. */
const converted = define(
  'tensor-lr/dictionary/numbers-and-tensors',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const lr = backend.tensor([8], { dtype });
    const [withNumber, withTensor] = [descend(backend, 0.25), descend(backend, lr)];
    const [number, tensor] = [await withNumber.optimizer.stateDict(), await withTensor.optimizer.stateDict()];
    withTensor.optimizer.loadStateDict(number);
    expectSame(withTensor.optimizer.paramGroups[0]?.lr, lr, 'lr after loading a number');
    expectSame(await valueOf(lr), '0.25', 'The value of the tensor after loading a number');
    withNumber.optimizer.loadStateDict(tensor);
    expectSame(withNumber.optimizer.paramGroups[0]?.lr, 8, 'lr after loading a tensor into a number');
    for (const given of [[0.125], Float64Array.of(0.125)]) {
      const older = { ...number, paramGroups: number.paramGroups.map((group) => ({ ...group, lr: given })) };
      withTensor.optimizer.loadStateDict(older);
      expectSame(await valueOf(lr), '0.125', 'The value of the tensor after loading a list of one');
    }
    withNumber.optimizer.step();
    withTensor.optimizer.step();
    await expectAbout(withNumber.parameter, [-8], 'The parameter after a step with the number');
    await expectAbout(withTensor.parameter, [-0.125], 'The parameter after a step with the tensor');
  },
  needs,
);

/** Loading is all or nothing, the tensor included. */
const failing = define(
  'tensor-lr/dictionary/failing',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const lr = backend.tensor([0.5], { dtype });
    const { optimizer } = descend(backend, lr);
    optimizer.addParamGroup({ params: [backend.parameter([1], { dtype })], lr: 0.25 });
    optimizer.step();
    const dict = await optimizer.stateDict();
    const misfit: StateDict = {
      ...dict,
      paramGroups: dict.paramGroups.map((group, index) => ({ ...group, lr: index === 0 ? 4 : -1 })),
    };
    await expectUnchanged(optimizer, 'Loading a dictionary with a broken lr', () =>
      expectThrows('STATE_DICT', 'A broken lr', () => optimizer.loadStateDict(misfit)),
    );
    const pairOf = [1, 2];
    for (const value of [pairOf, { dtype, shape: [2], values: pairOf }, { dtype, shape: [0], values: [] }]) {
      const wrong = {
        ...dict,
        paramGroups: dict.paramGroups.map((group) => ({ ...group, lr: value })),
      } as unknown as StateDict;
      await expectUnchanged(optimizer, 'Loading a dictionary with an lr of another size', () =>
        expectThrows('STATE_DICT', 'An lr with two elements', () => optimizer.loadStateDict(wrong)),
      );
    }
    lr.dispose();
    const other = { ...dict, paramGroups: dict.paramGroups.map((group) => ({ ...group, lambd: 0.5 })) };
    expectThrows('DISPOSED', 'Loading into a disposed lr', () => optimizer.loadStateDict(other));
    expectSame(optimizer.paramGroups[1]?.lambd, 0, 'lambd of the other group after failed loading');
  },
  needs,
);

export const tensorLrDictionaries: readonly Case[] = [saved, written, converted, failing];

import { ASGD, type Backend, type DType, type Options, type RealDType } from '@asgd/core';
import type { Case } from '../../case.ts';
import { trainExactly } from '../../exact.ts';
import { withFixedGradient } from '../../placement.ts';
import type { Mode } from '../../run-trace.ts';
import type { StepSpec, Trace, TraceOptions } from '../../trace.ts';
import { roundTo } from '../../rounding.ts';
import { realDTypes, singleTrace, variants } from '../arithmetic/traces.ts';
import { expectAbout } from '../capturable/about.ts';
import { anyDType, define } from '../define.ts';
import { expectSame } from '../expect.ts';
import { property } from '../properties/property.ts';
import { expectSameOutcome, train } from '../properties/training.ts';
import { hostMemory } from './host-memory.ts';

const spec = 'Tensor learning rate';
const needs = { schedules: true } as const;

const shapes: readonly (readonly number[])[] = [[], [1], [1, 1]];

/** PyTorch's input to its test, and one that reaches averaging with every term of the update. */
const runs: Readonly<Record<string, Partial<TraceOptions>>> = {
  'lr=0.001': { lr: 0.001, ...variants['weight-decay+maximize'] },
  averaging: { lr: 0.05, lambd: 0.1, t0: 1, weightDecay: 0.1 },
};

interface TensorRun {
  readonly id: string;
  readonly dtype: DType;
  readonly lrShape: readonly number[];
  readonly mode: Mode;
  /** The trace, with every `lr` rounded to the dtype of its tensor. */
  makeTrace(round: (lr: number) => number): Trace;
}

function scheduled({ id, dtype, lrShape, mode, makeTrace }: TensorRun): Case {
  return {
    id: `tensor-lr/${id}/${dtype}`,
    spec,
    needs: { ...needs, dtypes: [dtype] },
    run(context) {
      const lrDType = anyDType(context.backend);
      const lrTensors = [{ dtype: lrDType, shape: lrShape, groups: [0] }];
      const trace = makeTrace((lr) => roundTo(lrDType, lr));
      return trainExactly(trace, context, { placement: withFixedGradient, lrTensors, ...mode });
    },
  };
}

function shaped(name: string, dtype: RealDType, lrShape: readonly number[]): readonly Case[] {
  const id = `[${lrShape.join()}]/${name}`;
  const makeTrace = (round: (lr: number) => number): Trace => {
    const { lr, ...options } = runs[name] ?? {};
    return singleTrace(id, dtype, [37], { ...options, lr: round(lr ?? NaN) }, { steps: 8 });
  };
  return [
    scheduled({ id, dtype, lrShape, mode: { capturable: false }, makeTrace }),
    scheduled({ id: `${id}/capturable`, dtype, lrShape, mode: { capturable: true }, makeTrace }),
  ];
}

/** The value is edited between steps, and between replays of a captured step. An edit takes effect one step late. */
function edited(dtype: RealDType, steps: 'step' | 'replay'): Case {
  const makeTrace = (round: (lr: number) => number): Trace => {
    const options = { lr: round(0.1), lambd: 0.01, t0: 3 };
    const trace = singleTrace('edited', dtype, [13], options, { steps: 8 });
    const edit = (step: StepSpec, index: number): StepSpec => ({
      ...step,
      options: [{ lr: round(0.1 / (1 + index)) }],
    });
    return { ...trace, steps: trace.steps.map(edit) };
  };
  return scheduled({
    id: `edited/${steps}`,
    dtype,
    lrShape: [1],
    mode: { capturable: true, steps },
    makeTrace,
  });
}

/** A tensor gives the same bits as its value does as a number. */
const sameBits = property(
  'tensor-lr',
  spec,
  async (backend, plan) => {
    const dtype = anyDType(backend);
    const value = roundTo(dtype, plan.options.lr as number);
    const lr = backend.tensor([value], { dtype });
    const asTensor = await train(backend, { ...plan, options: { ...plan.options, lr } });
    const asNumber = await train(backend, { ...plan, options: { ...plan.options, lr: value } });
    lr.dispose();
    expectSameOutcome(asTensor, asNumber, 'differs when lr is a tensor');
  },
  undefined,
  { hostVisible: true },
);

/** One tensor may be the learning rate of several groups. It does not belong to the optimizer. */
const shared = define(
  'tensor-lr/shared-by-groups',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const lr = backend.tensor([0.5], { dtype });
    const parameters = [0, 1, 2].map((value) => {
      const parameter = backend.parameter([value], { dtype });
      parameter.grad = backend.tensor([1], { dtype });
      return parameter;
    });
    const [first, second, third] = parameters.map((params) => ({ params }));
    const optimizer = new ASGD([first, second, { ...third, lr: 0.125 }] as never, { lr, lambd: 0 });
    optimizer.step();
    lr.write([2]);
    optimizer.step();
    optimizer.step();
    for (const [index, expected] of [-3, -2, 1.625].entries()) {
      const parameter = parameters[index];
      if (parameter) await expectAbout(parameter, [expected], `Parameter ${index} after three steps`);
    }
    expectSame(optimizer.paramGroups[0]?.lr, lr, 'lr of the first group');
    expectSame(optimizer.paramGroups[1]?.lr, lr, 'lr of the second group');
    expectSame((await lr.read()).join(), '2', 'The value of lr after three steps');
    optimizer.dispose();
    expectSame(lr.disposed, false, 'Whether lr was disposed with the optimizer');
  },
  needs,
);

/** Replacing a number with a tensor, or the reverse, takes effect one step late, like any other edit. */
const replaced = define(
  'tensor-lr/replaced',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const parameter = backend.parameter([0], { dtype });
    parameter.grad = backend.tensor([1], { dtype });
    const optimizer = new ASGD([parameter], { lr: 1, lambd: 0 });
    const lrs: readonly Options['lr'][] = [
      1,
      backend.tensor(2, { dtype }),
      backend.tensor([4], { dtype }),
      8,
      16,
    ];
    for (const [index, expected] of [-1, -2, -4, -8, -16].entries()) {
      for (const group of optimizer.paramGroups) group.lr = lrs[index] ?? NaN;
      optimizer.step();
      await expectAbout(parameter, [expected], `The parameter after step ${index + 1}`);
    }
  },
  needs,
);

/** A parameter that joins late starts with the value that the tensor holds then. */
const late = define(
  'tensor-lr/late-joiner',
  spec,
  async ({ backend }) => {
    const dtype = anyDType(backend);
    const lr = backend.tensor([0.5], { dtype });
    const [early, joining] = [backend.parameter([0], { dtype }), backend.parameter([0], { dtype })];
    early.grad = backend.tensor([1], { dtype });
    const optimizer = new ASGD([early, joining], { lr, lambd: 0 });
    optimizer.step();
    lr.write([0.25]);
    joining.grad = backend.tensor([1], { dtype });
    optimizer.step();
    await expectAbout(early, [-1], 'A parameter after two steps');
    await expectAbout(joining, [-0.25], 'A parameter after its first step');
  },
  needs,
);

/** Who takes the steps, and where their counters are. */
const courses: Readonly<Record<string, (optimizer: ASGD) => () => void>> = {
  step: (optimizer) => () => optimizer.step(),
  capturable(optimizer) {
    for (const group of optimizer.paramGroups) group.capturable = true;
    return () => optimizer.step();
  },
  'capturable-once'(optimizer) {
    for (const group of optimizer.paramGroups) group.capturable = true;
    return () => {
      optimizer.step();
      for (const group of optimizer.paramGroups) group.capturable = false;
    };
  },
  replay(optimizer) {
    for (const group of optimizer.paramGroups) group.capturable = true;
    const captured = optimizer.capture();
    return () => captured.replay();
  },
};

/** A tensor that the host sees may be on any backend, wherever the schedule is. Others must be with the parameters. */
const elsewhere: readonly Case[] = Object.entries(courses).map(([course, begin]) =>
  define(
    `tensor-lr/on-another-backend/${course}`,
    spec,
    async ({ backend, open }) => {
      const others: readonly Backend[] = [
        hostMemory(),
        ...(backend.capabilities.hostVisible ? [await open()] : []),
      ];
      for (const other of others) {
        const dtype = anyDType(backend);
        const lr = other.tensor([0.5], { dtype: anyDType(other) });
        const parameter = backend.parameter([0], { dtype });
        parameter.grad = backend.tensor([1], { dtype });
        const take = begin(new ASGD([parameter], { lr, lambd: 0 }));
        take();
        lr.write([2]);
        take();
        take();
        await expectAbout(parameter, [-3], `The parameter after three steps with an lr on ${other.name}`);
      }
    },
    course === 'step' ? {} : needs,
  ),
);

export const tensorLrTraining: readonly Case[] = [
  ...realDTypes.flatMap((dtype) => [
    ...Object.keys(runs).flatMap((name) => shapes.flatMap((shape) => shaped(name, dtype, shape))),
    edited(dtype, 'step'),
    edited(dtype, 'replay'),
  ]),
  ...sameBits,
  shared,
  replaced,
  late,
  ...elsewhere,
];

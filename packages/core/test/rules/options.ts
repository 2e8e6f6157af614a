import { ASGD, type Options } from '@asgd/core';
import { anyDType, type Rule, rule } from './rule.ts';
import { describe, expect, expectSame, expectThrows } from './expect.ts';
import { averagedFixture, expectUnchanged } from './fixture.ts';

/** Values that break each option's rule. */
const broken: Readonly<Record<keyof Options, readonly unknown[]>> = {
  lr: [-0.1, Number.NaN, -Infinity, '0.1', null, 1n],
  lambd: [-1e-4, Number.NaN, Infinity, '0', null],
  alpha: [-0.75, Number.NaN, Infinity, '1', null],
  t0: [Number.NaN, '0', null],
  weightDecay: [-0.5, Number.NaN, -Infinity, '0', null],
  foreach: [0, 'true', null],
  maximize: [0, 'true', null],
  differentiable: [0, 'true', null],
  capturable: [0, 'true', null],
};

/** Allowed values at the edge of each rule. */
const allowed: Readonly<Record<keyof Options, readonly unknown[]>> = {
  lr: [0, -0, Infinity],
  lambd: [0],
  alpha: [0],
  t0: [-1, -5, 2.5, Infinity],
  weightDecay: [0],
  foreach: [undefined, true, false],
  maximize: [true, false],
  differentiable: [true, false],
  capturable: [true, false],
};

const names = Object.keys(broken) as readonly (keyof Options)[];

const perOption = names.map((name) =>
  rule(`options/${name}`, async ({ backend }) => {
    const { optimizer, parameter } = averagedFixture(backend);
    const other = backend.parameter([1], { dtype: anyDType(backend) });
    for (const value of broken[name]) {
      const options = { [name]: value } as never;
      const what = `${name}: ${describe(value)}`;
      expectThrows('INVALID_OPTION', `${what} for the constructor`, () => new ASGD([parameter], options));
      expectThrows(
        'INVALID_OPTION',
        `${what} in a group`,
        () => new ASGD([{ params: [parameter], [name]: value }]),
      );
      await expectUnchanged(optimizer, `Adding a group with ${what}`, () =>
        expectThrows('INVALID_OPTION', `${what} in an added group`, () =>
          optimizer.addParamGroup({ params: [other], [name]: value }),
        ),
      );
    }
    for (const value of allowed[name]) {
      expectSame(new ASGD([{ params: [parameter], [name]: value }]).paramGroups[0]?.[name], value, name);
    }
  }),
);

/** The next step notices an option that was set to an invalid value, before it updates anything. */
const edited = names.map((name) =>
  rule(`options/edited/${name}`, async ({ backend }) => {
    for (const value of broken[name]) {
      // A valid group comes first: it must not be updated either.
      const { optimizer } = averagedFixture(backend);
      const second = backend.parameter([1], { dtype: anyDType(backend) });
      second.grad = backend.tensor([1], { dtype: anyDType(backend) });
      optimizer.addParamGroup({ params: [second] });
      const group = optimizer.paramGroups[1];
      if (!group) throw new Error('The added group is missing.');
      Object.assign(group, { [name]: value });
      await expectUnchanged(optimizer, `A step with ${name} set to ${describe(value)}`, () =>
        expectThrows('INVALID_OPTION', `${name} set to ${describe(value)}`, () => optimizer.step()),
      );
    }
  }),
);

const unknown = rule('options/unknown', ({ backend }) => {
  const parameter = backend.parameter([1], { dtype: anyDType(backend) });
  for (const options of [{ momentum: 0.9 }, { learningRate: 0.1 }, { weight_decay: 0 }]) {
    const what = `The unknown option ${Object.keys(options).join()}`;
    expectThrows('INVALID_OPTION', what, () => new ASGD([parameter], options as never));
  }
});

/** Wherever an option can be given, the error suggests the right name. */
const misspelled = rule('options/misspelled', async ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  const params = backend.parameter([1], { dtype: anyDType(backend) });
  for (const [name, meant] of Object.entries({
    weight_decay: 'weightDecay',
    weigthDecay: 'weightDecay',
    lambda: 'lambd',
    lamdb: 'lambd',
    learningRate: 'lr',
    learning_rate: 'lr',
    LR: 'lr',
    T0: 't0',
    aplha: 'alpha',
    for_each: 'foreach',
    maximise: 'maximize',
    note: 'extra',
    momentum: 'extra',
  })) {
    const calls: readonly (() => unknown)[] = [
      () => optimizer.addParamGroup({ params, [name]: 0.5 }),
      () => new ASGD([{ params, [name]: 0.5 }]),
    ];
    for (const call of calls) {
      let message = '';
      await expectUnchanged(optimizer, `A group with ${name}`, () =>
        expectThrows('INVALID_OPTION', `A group with ${name}`, () => {
          try {
            call();
          } catch (error) {
            message = String(error);
            throw error;
          }
        }),
      );
      expect(message.includes(meant), `The error for ${name} should name ${meant}: ${message}`);
    }
    const later = averagedFixture(backend).optimizer;
    Object.assign(later.paramGroups[0] ?? {}, { [name]: 0.5 });
    expectThrows('INVALID_OPTION', `A step after setting ${name}`, () => later.step());
  }
});

/** Above all, lr as a positional argument, as in PyTorch. */
const positional = rule('options/not-an-object', ({ backend }) => {
  const params = [backend.parameter([1], { dtype: anyDType(backend) })];
  for (const options of [0.5, null, 'lr', true, [0.5], () => 0.5, new Float32Array(1)]) {
    expectThrows(
      'INVALID_ARGUMENT',
      `Options that are ${describe(options)}`,
      () => new ASGD(params, options as never),
    );
  }
});

/** The defaults for new groups cannot be edited. */
const frozen = rule('options/defaults-are-frozen', ({ backend }) => {
  const { optimizer } = averagedFixture(backend);
  Reflect.set(optimizer.defaults, 'lr', 9);
  optimizer.addParamGroup({ params: backend.parameter([1], { dtype: anyDType(backend) }) });
  expectSame(
    optimizer.paramGroups[1]?.lr,
    0.5,
    'lr of a group added after an attempt to change the defaults',
  );
});

/** PyTorch's rule: its foreach operations cannot be differentiated. */
const together = rule('options/differentiable-with-foreach', ({ backend }) => {
  const params = [backend.parameter([1], { dtype: anyDType(backend) })];
  const options = { differentiable: true, foreach: true };
  expectThrows(
    'INVALID_OPTION',
    'foreach and differentiable for the constructor',
    () => new ASGD(params, options),
  );
  expectThrows(
    'INVALID_OPTION',
    'foreach and differentiable in a group',
    () => new ASGD([{ params, ...options }]),
  );
});

const first = rule('options/checked-before-parameters', () => {
  expectThrows('INVALID_OPTION', 'An invalid option and no parameters', () => new ASGD([], { lr: -1 }));
  expectThrows(
    'INVALID_OPTION',
    'An invalid option and no list',
    () => new ASGD(null as never, { weightDecay: -1 }),
  );
  expectThrows(
    'INVALID_OPTION',
    'A group with an invalid option and no parameters',
    () => new ASGD([{ params: null as never, lr: -1 }]),
  );
});

export const optionRules: readonly Rule[] = [
  ...perOption,
  ...edited,
  unknown,
  misspelled,
  positional,
  frozen,
  together,
  first,
];

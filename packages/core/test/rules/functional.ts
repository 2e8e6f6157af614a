import { asgd, type Backend, type FunctionalOptions, type Tensor } from '@asgd/core';
import { anyDType, type Rule, rule } from './rule.ts';
import { describe, type ErrorCode, expectEqual, expectSame, expectThrows } from './expect.ts';

/** The arguments of a call that succeeds. Each test breaks one of them. */
interface Arguments {
  params: unknown;
  grads: unknown;
  axs: unknown;
  mus: unknown;
  etas: unknown;
  stateSteps: unknown;
  options: unknown;
}

interface Valid extends Arguments {
  params: [Tensor, Tensor];
  grads: [Tensor, Tensor];
  axs: [Tensor, Tensor];
  mus: number[];
  etas: number[];
  stateSteps: number[];
  options: FunctionalOptions;
}

/** With two parameters, a careless implementation would update the first before it checks the second. */
function valid(backend: Backend): Valid {
  const dtype = anyDType(backend);
  const tensor = (...values: number[]): Tensor => backend.tensor(values, { dtype });
  return {
    params: [tensor(1, 2), tensor(3)],
    grads: [tensor(4, 5), tensor(6)],
    axs: [tensor(7, 8), tensor(9)],
    mus: [1, 0.5],
    etas: [0.25, 0.125],
    stateSteps: [0, 3],
    options: { lr: 0.5 },
  };
}

function call({ params, grads, axs, mus, etas, stateSteps, options }: Arguments): void {
  const given = [params, grads, axs, mus, etas, stateSteps, options] as Parameters<typeof asgd>;
  asgd(...given);
}

/** Fails unless the broken call is refused and changes no tensor or number. */
async function expectRefused(
  backend: Backend,
  code: ErrorCode,
  what: string,
  spoil: (args: Valid) => Partial<Arguments>,
): Promise<void> {
  const args = valid(backend);
  const spoiled = { ...args, ...spoil(args) };
  const numbers = structuredClone([args.mus, args.etas, args.stateSteps]);
  expectThrows(code, `asgd() with ${what}`, () => call(spoiled));
  expectEqual([args.mus, args.etas, args.stateSteps], numbers, `The numbers after asgd() with ${what}:`);
  const tensors = [...args.params, ...args.grads, ...args.axs].filter(({ disposed }) => !disposed);
  const usable = tensors.filter(({ backend: of }) => !of.closed);
  const now = await Promise.all(usable.map((tensor) => tensor.read()));
  const before = valid(backend);
  const all = [...before.params, ...before.grads, ...before.axs];
  if (usable.length === all.length) {
    const expected = await Promise.all(all.map((tensor) => tensor.read()));
    expectSame(now.join(), expected.join(), `The tensors after asgd() with ${what}`);
  } else {
    expectSame(now[0]?.join(), '1,2', `The first parameter after asgd() with ${what}`);
  }
}

const lists = ['params', 'grads', 'axs', 'mus', 'etas', 'stateSteps'] as const;

const lengths = rule('functional/lists', async ({ backend }) => {
  for (const list of lists) {
    const refuse = (what: string, value: (items: readonly unknown[]) => unknown): Promise<void> =>
      expectRefused(backend, 'INVALID_ARGUMENT', `${what} ${list}`, (args) => ({
        [list]: value(args[list]),
      }));
    await refuse('too few', (items) => items.slice(1));
    await refuse('too many', (items) => [...items, items[0]]);
    await refuse('no', () => []);
    for (const value of [undefined, null, 3, 'list', {}, new Set([1, 2])]) {
      await refuse(`${describe(value)} for`, () => value);
    }
  }
});

const tensors = rule('functional/tensors', async ({ backend, open }) => {
  const dtype = anyDType(backend);
  const complex = dtype === 'float32' ? 'complex64' : 'complex128';
  const elsewhere = open();
  const other = elsewhere.tensor([1], { dtype: anyDType(elsewhere) });
  const disposed = backend.tensor([1], { dtype });
  disposed.dispose();
  const wrong: readonly (readonly [code: ErrorCode, what: string, value: unknown])[] = [
    ...[null, undefined, 3, [3], new Float32Array(1)].map(
      (value) => ['INVALID_ARGUMENT', describe(value), value] as const,
    ),
    ['LENGTH', 'a tensor of another length', backend.tensor([1, 2], { dtype })],
    ['DTYPE', 'a tensor of another dtype', backend.tensor([1, 2], { dtype: complex })],
    ['BACKEND_MISMATCH', 'a tensor of another backend', other],
    ['DISPOSED', 'a disposed tensor', disposed],
  ];
  for (const list of ['grads', 'axs'] as const) {
    for (const [code, what, value] of wrong) {
      await expectRefused(backend, code, `${what} in ${list}`, (args) => ({
        [list]: [args[list][0], value],
      }));
    }
  }
  for (const value of [null, undefined, 3, new Float32Array(1)]) {
    await expectRefused(backend, 'INVALID_ARGUMENT', `${describe(value)} for a parameter`, ({ params }) => ({
      params: [params[0], value],
    }));
  }
  await expectRefused(backend, 'DISPOSED', 'a disposed parameter', ({ params }) => ({
    params: [params[0], disposed],
  }));
});

/** A call may write each tensor only once, and never a gradient. */
const apart = rule('functional/shared-tensors', async ({ backend }) => {
  const same: Readonly<Record<string, (args: Valid) => Partial<Arguments>>> = {
    'one parameter twice': ({ params: [, b] }) => ({ params: [b, b] }),
    'one average twice': ({ axs: [, b] }) => ({ axs: [b, b] }),
    'a parameter as its gradient': ({ params, grads }) => ({ grads: [grads[0], params[1]] }),
    'a parameter as its average': ({ params, axs }) => ({ axs: [axs[0], params[1]] }),
    'a gradient as the average': ({ grads, axs }) => ({ axs: [axs[0], grads[1]] }),
  };
  for (const [what, spoil] of Object.entries(same)) {
    await expectRefused(backend, 'INVALID_ARGUMENT', what, (args) => {
      const one = <Item>([, item]: readonly Item[]): Item[] => (item === undefined ? [] : [item, item]);
      // All of one size, so that nothing else is wrong.
      const dtype = anyDType(backend);
      const alike = [0, 1].map(() => backend.tensor([1], { dtype })) as [Tensor, Tensor];
      const sized: Valid = {
        ...args,
        params: [alike[0], args.params[1]],
        grads: one(args.grads) as Valid['grads'],
        axs: [alike[1], args.axs[1]],
      };
      return { ...sized, ...spoil(sized) };
    });
  }
  const { params, grads, axs } = valid(backend);
  const swapped = { params: [params[0]], grads: [grads[0]], axs: [axs[0]] };
  call({ ...swapped, mus: [1], etas: [1], stateSteps: [0], options: {} });
});

/** What a function makes is checked as a given average is, before anything changes. */
const made = rule('functional/made', async ({ backend }) => {
  const dtype = anyDType(backend);
  const wrong: readonly (readonly [code: ErrorCode, what: string, make: (args: Valid) => unknown])[] = [
    ['INVALID_ARGUMENT', 'nothing', () => undefined],
    ['INVALID_ARGUMENT', 'a number', () => 3],
    ['LENGTH', 'another length', () => backend.tensor([1, 2, 3], { dtype })],
    ['INVALID_ARGUMENT', 'the parameter', ({ params }) => params[1]],
    ['INVALID_ARGUMENT', 'the gradient', ({ grads }) => grads[1]],
  ];
  for (const [code, what, make] of wrong) {
    await expectRefused(backend, code, `a function that makes ${what}`, (args) => ({
      axs: [args.axs[0], () => make(args)],
    }));
  }
  await expectRefused(
    backend,
    'INVALID_ARGUMENT',
    'a function twice in axs',
    ({ params: [, b], grads: [, g] }) => {
      const make = (): Tensor => backend.tensor([1], { dtype });
      return { params: [backend.tensor([3], { dtype }), b], grads: [g, g], axs: [make, make] };
    },
  );
});

const numbers = rule('functional/numbers', async ({ backend }) => {
  const wrong: Readonly<Record<'mus' | 'etas' | 'stateSteps', readonly unknown[]>> = {
    mus: ['1', null, undefined, [1], 1n],
    etas: ['1', null, undefined, [1], 1n],
    stateSteps: ['1', null, undefined, [1], 1n, -1, 1.5, NaN, Infinity, 2 ** 53],
  };
  for (const list of ['mus', 'etas', 'stateSteps'] as const) {
    for (const value of wrong[list]) {
      await expectRefused(backend, 'INVALID_ARGUMENT', `${describe(value)} in ${list}`, (args) => ({
        [list]: [args[list][0], value],
      }));
    }
  }
});

/** Its options follow the optimizer's rules, except those that need an optimizer. */
const options = rule('functional/options', async ({ backend }) => {
  const dtype = anyDType(backend);
  const broken: readonly object[] = [
    { lr: -1 },
    { lr: NaN },
    { lr: '1' },
    { lr: backend.tensor([1, 2], { dtype }) },
    { lambd: -1 },
    { lambd: Infinity },
    { alpha: NaN },
    { t0: NaN },
    { weightDecay: -0.5 },
    { foreach: 1 },
    { maximize: 'yes' },
    { momentum: 0.9 },
    { differentiable: true },
    { capturable: true },
    ...(backend.capabilities.hostVisible
      ? [{ lr: backend.tensor([-1], { dtype }) }]
      : [{ lr: backend.tensor([1], { dtype }) }]),
  ];
  for (const given of broken) {
    const [name = '', value] = Object.entries(given)[0] ?? [];
    await expectRefused(backend, 'INVALID_OPTION', `${name}: ${describe(value)}`, () => ({ options: given }));
  }
  const lr = backend.tensor([1], { dtype });
  lr.dispose();
  await expectRefused(backend, 'DISPOSED', 'a disposed lr', () => ({ options: { lr } }));
});

const closed = rule('functional/closed', async ({ backend, open }) => {
  const other = open();
  const tensor = (): Tensor => other.tensor([1], { dtype: anyDType(other) });
  const [parameter, gradient, average] = [tensor(), tensor(), tensor()];
  await other.close();
  await expectRefused(backend, 'CLOSED', 'tensors of a closed backend', ({ params, grads, axs }) => ({
    params: [params[0], parameter],
    grads: [grads[0], gradient],
    axs: [axs[0], average],
  }));
});

export const functionalRules: readonly Rule[] = [lengths, tensors, apart, made, numbers, options, closed];

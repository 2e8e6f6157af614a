import { ASGD, asgd, AsgdError, type Backend, defineBackend } from '@asgd/core';
import * as fc from 'fast-check';
import { anyDType, type Rule, rule } from './rule.ts';
import { averagedFixture, expectUnchanged, type Fixture } from './fixture.ts';

// Plain JavaScript may pass anything. Every function and method either accepts it or throws an AsgdError, at once or
// through its promise. A call that throws changes nothing. The suite @asgd/conformance does this to what kernels hold.

type Call = (fixture: Fixture, value: never) => unknown;

const calls: Readonly<Record<string, Call>> = {
  'new ASGD(x)': (_, value) => new ASGD(value),
  'new ASGD([x])': (_, value) => new ASGD([value]),
  'new ASGD(params, x)': ({ parameter }, value) => new ASGD([parameter], value),
  'new ASGD([{ params: x }])': (_, value) => new ASGD([{ params: value }]),
  'new ASGD([{ params: [x] }])': (_, value) => new ASGD([{ params: [value] }]),
  'new ASGD([{ paramNames: x }])': ({ parameter: params }, value) =>
    new ASGD([{ params, paramNames: value }]),
  'new ASGD([{ extra: x }])': ({ parameter: params }, value) => new ASGD([{ params, extra: value }]),
  'new ASGD([{ lr: x }])': ({ parameter: params }, value) => new ASGD([{ params, lr: value }]),
  'addParamGroup(x)': ({ optimizer }, value) => optimizer.addParamGroup(value),
  'step(x)': ({ optimizer }, value) => {
    if (typeof value !== 'function' && value !== undefined) optimizer.step(value);
  },
  'zeroGrad(x)': ({ parameter }, value) => new ASGD([parameter.backend.parameter([1])]).zeroGrad(value),
  'averageOf(x)': ({ optimizer }, value) => optimizer.averageOf(value),
  'withAverages(x)': ({ optimizer }, value) => optimizer.withAverages(value),
  'backward(x)': ({ optimizer }, value) => optimizer.backward(value),
  'backward({ parameters: x })': ({ optimizer }, value) => optimizer.backward({ parameters: value }),
  'backward({}, x)': ({ optimizer }, value) => optimizer.backward({}, value),
  'loadStateDict(x)': ({ optimizer }, value) => optimizer.loadStateDict(value),
  'loadStateDict({ state: x })': ({ optimizer }, state) =>
    optimizer.loadStateDict({ state, paramGroups: [] }),
  'loadStateDict({ paramGroups: x })': ({ optimizer }, paramGroups) =>
    optimizer.loadStateDict({ state: {}, paramGroups }),
  'loadStateDict({ paramGroups: [x] })': ({ optimizer }, group) =>
    optimizer.loadStateDict({ state: {}, paramGroups: [group] }),
  'loadStateDict({ paramGroups: [{ params: [x] }] })': ({ optimizer }, id) =>
    optimizer.loadStateDict({ state: {}, paramGroups: [{ ...optimizer.defaults, lr: 1, params: [id] }] }),
  'loadStateDict({ state: { 0: x } })': ({ optimizer }, saved) =>
    optimizer.loadStateDict({
      state: { 0: saved },
      paramGroups: [{ ...optimizer.defaults, lr: 1, params: [0] }],
    }),
  'loadStateDict({ state: { 0: { ax: x } } })': ({ optimizer }, ax) =>
    optimizer.loadStateDict({
      state: { 0: { step: 1, eta: 1, mu: 1, ax } },
      paramGroups: [{ ...optimizer.defaults, lr: 1, params: [0] }],
    }),
  'loadStateDict({ state: { 0: { ax: { shape: x } } } })': ({ optimizer, parameter: { dtype } }, shape) =>
    optimizer.loadStateDict({
      state: { 0: { step: 1, eta: 1, mu: 1, ax: { dtype, shape, values: new Float32Array(3) } } },
      paramGroups: [{ ...optimizer.defaults, lr: 1, params: [0] }],
    }),
  'registerStepPreHook(x)': ({ optimizer }, value) => optimizer.registerStepPreHook(value).remove(),
  'registerStepPostHook(x)': ({ optimizer }, value) => optimizer.registerStepPostHook(value).remove(),
  'registerStateDictPreHook(x)': ({ optimizer }, value) => optimizer.registerStateDictPreHook(value).remove(),
  'registerStateDictPostHook(hook, x)': ({ optimizer }, value) =>
    optimizer.registerStateDictPostHook(() => {}, value).remove(),
  'registerLoadStateDictPreHook(hook, x)': ({ optimizer }, value) =>
    optimizer.registerLoadStateDictPreHook(() => {}, value).remove(),
  'registerLoadStateDictPostHook(x)': ({ optimizer }, value) =>
    optimizer.registerLoadStateDictPostHook(value).remove(),
  'tensor(values, x)': ({ parameter: { backend } }, value) => backend.tensor([1], value),
  'parameter(values, x)': ({ parameter: { backend } }, value) => backend.parameter([1], value),
  'parameter(values, { name: x })': ({ parameter: { backend } }, name) =>
    String(backend.parameter([1], { name, dtype: anyDType(backend) })),
  'zeros(shape, x)': ({ parameter: { backend } }, value) => backend.zeros([1], value),
  'grad = x': ({ parameter }, value) => {
    if (value !== null) parameter.grad = value;
  },
  'asgd(x, …)': (_, value) => asgd(value, [], [], [], [], []),
  'asgd([x], …)': ({ gradient }, value) => asgd([value], [gradient], [gradient], [1], [1], [0]),
  'asgd(…, [x], …)': ({ parameter, gradient }, value) =>
    asgd([parameter], [gradient], [value], [1], [1], [0]),
  'asgd(…, mus = [x], …)': ({ parameter, gradient }, value) =>
    asgd([parameter], [value], [gradient], [value], [value], [value]),
  'asgd(…, x)': (_, value) => asgd([], [], [], [], [], [], value),
  'defineBackend(x)': (_, value) => defineBackend(value),
  'defineBackend({ capabilities: x })': (_, value) => defineBackend({ ...methods, capabilities: value }),
  'defineBackend({ name: x })': (_, value) => defineBackend({ ...methods, name: value }),
};

const none = (): never => {
  throw new Error('No kernel is called here.');
};

const methods = {
  name: 'none',
  contract: 1,
  allocate: none,
  write: none,
  read: none,
  copy: none,
  free: none,
  step: none,
  prepare: none,
  release: none,
  synchronize: none,
  close: none,
} as never as Parameters<typeof defineBackend>[0];

/** Values that are not objects, and objects that only look like the expected ones. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    undefined,
    true,
    '',
    'params',
    Symbol('given'),
    10n,
    Number.NaN,
    -1,
    () => 1,
    [],
    [null],
    [Symbol('given')],
    {},
    { params: null },
    { [Symbol.iterator]: 1 },
    Object.create(null),
    new Proxy({}, {}),
    new Proxy([], {}),
    new Proxy(new Map(), {}),
    new Proxy(() => 1, {}),
    new Map([[1, 2]]),
    new Date(0),
    new BigInt64Array(2),
    new DataView(new ArrayBuffer(8)),
    Object.assign([1, 2, 3], { length: 5 }),
  ),
  fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true }),
);

/** Proxies of valid arguments: frameworks that watch for changes wrap every object in one. */
function lookAlikes({ optimizer, parameter, gradient }: Fixture, backend: Backend): readonly unknown[] {
  return [optimizer, parameter, gradient, backend].map((object) => new Proxy(object, {}));
}

async function expectAsgdError(name: string, fixture: Fixture, value: unknown): Promise<void> {
  try {
    await calls[name]?.(fixture, value as never);
  } catch (error) {
    if (!(error instanceof AsgdError)) throw error;
  }
}

const perCall = Object.keys(calls).map((name) =>
  rule(`arguments/${idOf(name)}`, async ({ backend }) => {
    const fixture = averagedFixture(backend, { differentiable: true });
    const { optimizer } = fixture;
    for (const value of lookAlikes(fixture, backend)) await expectAsgdError(name, fixture, value);
    const property = fc.asyncProperty(anything, async (value) => {
      let failed = false;
      await expectUnchanged(optimizer, name, async () => {
        try {
          await calls[name]?.(fixture, value as never);
        } catch (error) {
          failed = true;
          if (!(error instanceof AsgdError)) throw error;
        }
      }).catch((error: unknown) => {
        if (failed || !(error instanceof Error && error.message.includes('should change nothing'))) {
          throw error;
        }
      });
    });
    await fc.assert(property, { seed: 1, numRuns: 60, includeErrorInReport: true });
  }),
);

/** A call as part of an id. */
function idOf(name: string): string {
  const letters: Readonly<Record<string, string>> = {
    '…': 'etc',
    '{': '<',
    '}': '>',
    '(': '=',
    ')': '',
    ':': '=',
  };
  return name.replaceAll(/[^\w,=[\]]/g, (letter) => letters[letter] ?? '-');
}

export const argumentRules: readonly Rule[] = perCall;

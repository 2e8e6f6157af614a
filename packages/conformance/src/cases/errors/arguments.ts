import { AsgdError, type Backend } from '@asgd/core';
import * as fc from 'fast-check';
import type { Case } from '../../case.ts';
import { define } from '../define.ts';
import { averagedFixture, expectUnchanged, type Fixture } from '../fixture.ts';

// Plain JavaScript may pass anything for what a backend is to hold. Every method either accepts it or throws an
// AsgdError. A call that throws changes nothing. Core's own tests do this to everything else that takes arguments.

const spec = 'Errors';

type Call = (fixture: Fixture, value: never) => unknown;

const calls: Readonly<Record<string, Call>> = {
  'tensor(x)': ({ parameter: { backend } }, value) => backend.tensor(value),
  'tensor([x])': ({ parameter: { backend } }, value) => backend.tensor([value]),
  'parameter(x)': ({ parameter: { backend } }, value) => backend.parameter(value),
  'zeros(x)': ({ parameter: { backend } }, value) => backend.zeros(value),
  'zeros([x])': ({ parameter: { backend } }, value) => {
    if (typeof value !== 'number') backend.zeros([value]);
  },
  'wrap(x)': ({ parameter: { backend } }, value) => backend.wrap(value),
  'wrap(memory, x)': ({ parameter: { backend } }, value) => backend.wrap(new Float32Array(1), value),
  'write(x)': ({ gradient }, value) => gradient.write(value),
};

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
  define(`errors/arguments/${idOf(name)}`, spec, async ({ backend, seed }) => {
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
    await fc.assert(property, {
      seed,
      numRuns: 60,
      includeErrorInReport: true,
    });
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

export const argumentErrors: readonly Case[] = perCall;

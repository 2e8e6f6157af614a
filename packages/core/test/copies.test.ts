import * as core from '@asgd/core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Recorder } from './recording.ts';

const { kernels, backend } = new Recorder();
const parameter = backend.parameter([1]);

let other: typeof core;
let foreign: core.Parameter;
beforeAll(async () => {
  vi.resetModules();
  other = await import('@asgd/core');
  foreign = other.defineBackend(kernels).parameter([1]);
});

const uses: Record<string, (tensor: core.Parameter) => unknown> = {
  'as a parameter': (tensor) => new core.ASGD([tensor]),
  'as a named parameter': (tensor) => new core.ASGD([['weight', tensor]]),
  'as a gradient': (tensor) => (parameter.grad = tensor),
  'as a learning rate': (tensor) => new core.ASGD([parameter], { lr: tensor }),
  'in asgd()': (tensor) => core.asgd([parameter], [tensor], [backend.tensor([0])], [1], [1], [0]),
};

describe.each(Object.entries(uses))('a tensor that serves %s', (_what, use) => {
  test('and is of another copy of core says so, and what shows and mends that', () => {
    expect(other.ASGD).not.toBe(core.ASGD);
    expect(() => use(foreign)).toThrow(
      /Another copy of core made it: @asgd\/core, and this is @asgd\/core\. `npm ls @asgd\/core` .* `npm dedupe` /,
    );
    expect(parameter.grad).toBeNull();
  });

  test('and is a Proxy says that', () => {
    expect(() => use(new Proxy(backend.parameter([1]), {}))).toThrow(/not wrapped in a Proxy/);
  });
});

test.each([undefined, 1, 'text', [], {}, { [Symbol.for('@asgd/core')]: '0.9' }].map((given) => ({ given })))(
  'nothing of the kind is said of $given',
  ({ given }) => {
    const use = (): unknown => (parameter.grad = given as never);
    expect(use).toThrow(core.ArgumentError);
    expect(use).toThrow(/expected a tensor made by backend\.tensor\(\)\.$/);
  },
);

test('nothing of the kind is said of what cannot be looked into', () => {
  const { proxy, revoke } = Proxy.revocable(backend.parameter([1]), {});
  revoke();
  expect(() => new core.ASGD([parameter], { lr: proxy })).toThrow(
    /object that cannot be inspected; expected[^.]*\.$/,
  );
});

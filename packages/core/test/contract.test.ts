import { CONTRACT_VERSION, ContractError, defineBackend, type Kernels } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { Recorder } from './recording.ts';

const { kernels } = new Recorder();

/** Kernels as plain JavaScript may pass them. */
function faulty(change: object): Kernels<unknown, unknown> {
  return { ...kernels, ...change };
}

describe('defineBackend', () => {
  test('accepts kernels of this contract', () => {
    expect(defineBackend(kernels).name).toBe('recorder');
  });

  test('refuses kernels of another contract, naming both packages and the fix', () => {
    const define = (): unknown =>
      defineBackend(faulty({ package: '@asgd/future@0.4.2', contract: CONTRACT_VERSION + 1 }));
    expect(define).toThrow(ContractError);
    // The version of core stands there too, once it is built: see the rehearsal in tools/packaging.
    expect(define).toThrow(
      /^@asgd\/future@0\.4\.2 .* version 2 .* installed @asgd\/core has version 1\..* npm install @asgd\/core@latest @asgd\/future@latest$/,
    );
  });

  test.each([
    [undefined, /^Backend 'recorder' .* version 0 .* and the latest release of 'recorder'$/],
    [1, /^Backend 'recorder' .* version 0 .* and the latest release of 'recorder'$/],
    ['unscoped@1.0.0-beta.1', /npm install @asgd\/core@latest unscoped@latest$/],
    ['@scope/without-version', /npm install @asgd\/core@latest @scope\/without-version$/],
  ])('refuses kernels of another contract that say %o is their package', (from, message) => {
    expect(() => defineBackend(faulty({ package: from, contract: 0 }))).toThrow(message);
  });

  test.each([
    ['a method', { copy: undefined, step: 1 }, /lacks copy, step/],
    ['a method that may be missing, but may not be anything else', { free: 1 }, /lacks free/],
    ['its capabilities', { capabilities: undefined }, /no capabilities.dtypes/],
    ['every dtype', { capabilities: { ...kernels.capabilities, dtypes: [] } }, /no capabilities.dtypes/],
    ['the view it declares', { capabilities: { ...kernels.capabilities, hostVisible: true } }, /has no view/],
  ])('refuses kernels that lack %s', (_what, change, message) => {
    expect(() => defineBackend(faulty(change))).toThrow(ContractError);
    expect(() => defineBackend(faulty(change))).toThrow(message);
  });

  test('shows capabilities that cannot be changed', () => {
    const { capabilities } = defineBackend(kernels);
    expect(capabilities).toStrictEqual({ ...kernels.capabilities, schedules: false });
    expect(Object.isFrozen(capabilities) && Object.isFrozen(capabilities.dtypes)).toBe(true);
  });

  test.each(['synchronize', 'close'] as const)('wants a promise of %s()', async (method) => {
    const backend = defineBackend(faulty({ [method]: () => {} }));
    await expect(backend[method]()).rejects.toThrow(ContractError);
    await expect(backend[method]()).rejects.toThrow(`${method}() of backend 'recorder' gave undefined`);
  });

  test('closes kernels once, however often the backend is closed', async () => {
    const recorder = new Recorder();
    await Promise.all([recorder.backend.close(), recorder.backend.close()]);
    await recorder.backend[Symbol.asyncDispose]();
    expect(recorder.closed).toBe(1);
  });
});

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

  test('refuses kernels of another contract, naming both packages, both versions and the fix', () => {
    const define = (): unknown => defineBackend(faulty({ name: 'future', contract: CONTRACT_VERSION + 1 }));
    expect(define).toThrow(ContractError);
    expect(define).toThrow(/'future'.*contract 2.*@asgd\/core.*contract 1.*install/);
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

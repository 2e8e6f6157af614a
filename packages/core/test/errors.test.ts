import * as core from '@asgd/core';
import { describe, expect, test } from 'vitest';

const classes = {
  ArgumentError: core.ArgumentError,
  BackendError: core.BackendError,
  ClosedError: core.ClosedError,
  ContractError: core.ContractError,
  DeviceLostError: core.DeviceLostError,
  DisposedError: core.DisposedError,
  DTypeError: core.DTypeError,
  AveragesSwappedError: core.AveragesSwappedError,
  LengthError: core.LengthError,
  OptionError: core.OptionError,
  OutOfMemoryError: core.OutOfMemoryError,
  StateDictError: core.StateDictError,
  UnsupportedError: core.UnsupportedError,
};

describe('errors', () => {
  test('are all listed here', () => {
    const exported = Object.keys(core).filter((name) => name.endsWith('Error') && name !== 'AsgdError');
    expect(Object.keys(classes).toSorted()).toStrictEqual(exported.toSorted());
  });

  test('each have a code', () => {
    const codes = Object.values(classes).map((Class) => new Class('').code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test.each(Object.entries(classes))('%s is an AsgdError under its own name, with a cause', (name, Class) => {
    const error = new Class('what happened', { cause: 'why' });
    expect(error).toBeInstanceOf(core.AsgdError);
    expect(error).toMatchObject({ name, message: 'what happened', cause: 'why' });
  });
});

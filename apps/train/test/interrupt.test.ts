import { afterEach, describe, expect, test, vi } from 'vitest';
import { Interrupt, Interrupted } from '../src/interrupt.ts';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const before = new Map(names.map((name) => [name, process.listeners(name)]));
const outputListeners = process.stdout.listeners('error');

afterEach(() => {
  for (const name of names) {
    for (const listener of process.listeners(name)) {
      if (before.get(name)?.includes(listener) !== true) process.off(name, listener);
    }
  }
  for (const listener of process.stdout.listeners('error')) {
    if (!outputListeners.includes(listener)) process.stdout.off('error', listener as () => void);
  }
  vi.restoreAllMocks();
});

function statusOf(signal: AbortSignal): number | undefined {
  return signal.reason instanceof Interrupted ? signal.reason.status : undefined;
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (name, status) => {
  test('asks to stop the first time, and ends the program the second time', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const { signal } = new Interrupt();
    expect(signal.aborted).toBe(false);
    process.emit(name, name);
    expect(statusOf(signal)).toBe(status);
    expect(kill).not.toHaveBeenCalled();
    process.emit(name, name);
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, name);
    // Nothing stands between the program and a signal any more.
    for (const other of names) expect(process.listeners(other)).toStrictEqual(before.get(other));
  });
});

describe('the output', () => {
  test.each([
    ['EPIPE', 130, undefined],
    ['EIO', 130, undefined],
    ['ENOSPC', 1, 'cannot write the standard output: no space left on the disk'],
  ])('that ends with %s asks to stop', (code, status, failure) => {
    const interrupt = new Interrupt();
    process.stdout.emit('error', Object.assign(new Error(code), { code }));
    expect(statusOf(interrupt.signal)).toBe(status);
    expect(interrupt.failure).toBe(failure);
  });
});

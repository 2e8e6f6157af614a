import { afterEach, expect, test, vi } from 'vitest';
import { Interrupt } from '../src/interrupt.ts';

const before = process.listeners('SIGINT');

afterEach(() => {
  for (const listener of process.listeners('SIGINT')) {
    if (!before.includes(listener)) process.off('SIGINT', listener);
  }
  vi.restoreAllMocks();
});

test('the first Ctrl-C asks to stop, the second ends the program at once with 130', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const { signal } = new Interrupt();
  expect(signal.aborted).toBe(false);
  process.emit('SIGINT');
  expect(signal.aborted).toBe(true);
  expect(exit).not.toHaveBeenCalled();
  process.emit('SIGINT');
  expect(exit).toHaveBeenCalledExactlyOnceWith(130);
});

test('after the second Ctrl-C the system is free to kill the program by a third', () => {
  vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  expect(new Interrupt().signal.aborted).toBe(false);
  process.emit('SIGINT');
  process.emit('SIGINT');
  expect(process.listeners('SIGINT')).toStrictEqual(before);
});

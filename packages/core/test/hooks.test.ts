import {
  ASGD,
  ArgumentError,
  type HookHandle,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
} from '@asgd/core';
import { afterEach, describe, expect, test } from 'vitest';
import { Recorder } from './recording.ts';

const handles: HookHandle[] = [];
afterEach(() => handles.splice(0).forEach((handle) => handle.remove()));

function setUp(): { recorder: Recorder; optimizer: ASGD } {
  const recorder = new Recorder();
  const parameter = recorder.backend.parameter([1]);
  parameter.grad = recorder.backend.tensor([1]);
  return { recorder, optimizer: new ASGD([parameter]) };
}

describe('step hooks', () => {
  test('run global first, then the optimizer’s own, and in reverse after the step', () => {
    const { optimizer } = setUp();
    const order: string[] = [];
    optimizer.registerStepPostHook(() => void order.push('own post'));
    handles.push(registerOptimizerStepPostHook(() => void order.push('global post')));
    optimizer.registerStepPreHook(() => void order.push('own pre'));
    handles.push(registerOptimizerStepPreHook(() => void order.push('global pre')));
    optimizer.step(() => order.push('closure'));
    expect(order).toStrictEqual(['global pre', 'own pre', 'closure', 'own post', 'global post']);
  });

  test('may replace the closure', () => {
    const { optimizer } = setUp();
    optimizer.registerStepPreHook(() => [() => 'replaced']);
    expect(optimizer.step(() => 'given')).toBe('replaced');
  });

  test.each([[5], [null], [['no function']], [[undefined, 1]]])('may not return %j', (result) => {
    const { optimizer, recorder } = setUp();
    optimizer.registerStepPreHook(() => result as never);
    expect(() => optimizer.step()).toThrow(ArgumentError);
    expect(recorder.calls).toStrictEqual([]);
  });

  test('wait for an asynchronous closure, and do not run after a step that failed', async () => {
    const { optimizer, recorder } = setUp();
    let runs = 0;
    optimizer.registerStepPostHook(() => void runs++);
    const pending = optimizer.step(async () => 'loss');
    expect(runs).toBe(0);
    expect(await pending).toBe('loss');
    expect(runs).toBe(1);
    recorder.failure = new Error('broken');
    expect(() => optimizer.step()).toThrow('broken');
    expect(runs).toBe(1);
  });

  test('end with remove(), which may be called twice, and by the hook itself', () => {
    const { optimizer } = setUp();
    let runs = 0;
    const handle = optimizer.registerStepPreHook(() => {
      runs++;
      handle.remove();
    });
    optimizer.registerStepPreHook(() => void (runs += 10));
    optimizer.step();
    optimizer.step();
    handle.remove();
    expect(runs).toBe(21);
  });

  test('must be functions', () => {
    const { optimizer } = setUp();
    expect(() => optimizer.registerStepPreHook('log' as never)).toThrow(ArgumentError);
  });
});

describe('state dictionary hooks', () => {
  test('run before and after, and may replace the dictionary', async () => {
    const { optimizer } = setUp();
    const order: string[] = [];
    optimizer.registerStateDictPostHook((_, dict) => {
      order.push('post');
      return { ...dict, paramGroups: [] };
    });
    optimizer.registerStateDictPreHook(() => void order.push('pre'));
    optimizer.registerStateDictPreHook(() => void order.push('first'), { prepend: true });
    expect((await optimizer.stateDict()).paramGroups).toStrictEqual([]);
    expect(order).toStrictEqual(['first', 'pre', 'post']);
  });

  test('of loading may replace what is loaded, and leave the caller’s dictionary alone', async () => {
    const { optimizer } = setUp();
    const dict = await optimizer.stateDict();
    let loaded = 0;
    optimizer.registerLoadStateDictPreHook((_, given) => {
      Object.assign(given, { note: 'on a copy' });
      return { ...given, paramGroups: given.paramGroups.map((group) => ({ ...group, lr: 7 })) };
    });
    optimizer.registerLoadStateDictPostHook(() => void loaded++);
    optimizer.loadStateDict(dict);
    expect(optimizer.paramGroups[0]?.lr).toBe(7);
    expect(loaded).toBe(1);
    expect(dict).not.toHaveProperty('note');
  });

  test('may not return a promise, or anything else that is not a dictionary', async () => {
    const { optimizer } = setUp();
    const dict = await optimizer.stateDict();
    for (const result of [Promise.resolve(dict), 5, null]) {
      const saving = optimizer.registerStateDictPostHook(() => result as never);
      await expect(optimizer.stateDict()).rejects.toThrow(ArgumentError);
      saving.remove();
      const loading = optimizer.registerLoadStateDictPreHook(() => result as never);
      expect(() => optimizer.loadStateDict(dict)).toThrow(ArgumentError);
      loading.remove();
    }
  });
});

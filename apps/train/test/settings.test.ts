import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../src/checkpoint/checkpoint.ts';
import { defaults, digitsDefaults, parseCommandLine, type Settings } from '../src/options.ts';
import { settle } from '../src/settings.ts';

/** A checkpoint of which only the settings matter. */
function begunWith(settings: Partial<Settings>): { file: string; checkpoint: Checkpoint } {
  return { file: 'run.ckpt', checkpoint: { settings: { ...defaults, ...settings } } as Checkpoint };
}

describe('the command line', () => {
  test('gives what it names, and nothing that it does not', () => {
    expect(
      parseCommandLine(['--lr', '1e-2', '--t0', '-1', '--weight-decay', '0.5', '--plot', 'p.svg']),
    ).toStrictEqual({
      given: { lr: 0.01, t0: -1, weightDecay: 0.5 },
      outputs: { save: undefined, predict: undefined, json: undefined, plot: 'p.svg' },
      resume: undefined,
    });
    expect(parseCommandLine(['--t0', 'auto', '--label', '-1', '--seed', '4294967295']).given).toStrictEqual({
      t0: 'auto',
      label: '-1',
      seed: 4294967295,
    });
  });
});

describe('the settings of a run', () => {
  test('are those given, else the defaults', () => {
    expect(settle({})).toStrictEqual(digitsDefaults);
    expect(settle({ data: 'a.csv' })).toStrictEqual({ ...defaults, data: 'a.csv' });
    expect(settle({ lr: 1, data: 'a.csv' })).toStrictEqual({ ...defaults, lr: 1, data: 'a.csv' });
  });

  test('of a resumed run are those it was begun with', () => {
    const resumed = begunWith({ data: 'a.csv', lr: 3, epochs: 7 });
    expect(settle({}, resumed)).toStrictEqual({ ...defaults, data: 'a.csv', lr: 3, epochs: 7 });
    expect(settle({ lr: 3 }, resumed).lr).toBe(3);
  });

  test('of a resumed run may name another place for the data, other epochs, other kernels', () => {
    const changes = { data: 'b.csv', test: 't.csv', epochs: 50, kernels: 'wasm' } as const;
    expect(settle(changes, begunWith({ data: 'a.csv' }))).toStrictEqual({ ...defaults, ...changes });
  });

  test.each<[Partial<Settings>, string]>([
    [{ weightDecay: 0.1 }, 'found --weight-decay 0.1, but run.ckpt was begun with 0:'],
    [{ seed: 2 }, 'found --seed 2, but run.ckpt was begun with 1:'],
    [{ t0: 'auto' }, 'found --t0 auto, but run.ckpt was begun with half-epoch:'],
    [{ ignore: 'id' }, 'found --ignore id, but run.ckpt was begun with none:'],
    [{ categorical: '2' }, 'found --categorical 2, but run.ckpt was begun with none:'],
    [{ missing: 'mean' }, 'found --missing mean, but run.ckpt was begun with error:'],
    [{ standardize: true }, 'found --standardize true, but run.ckpt was begun with false:'],
    [{ format: 'csv' }, 'found --format csv, but run.ckpt was begun with none:'],
    [{ memory: 1 }, 'found --memory 1, but run.ckpt was begun with 512:'],
  ])('of a resumed run may not change otherwise: %j', (given, message) => {
    expect(() => settle(given, begunWith({}))).toThrow(message);
  });
});

import { expect, test } from 'vitest';
import { defaultSettings, fromQuery, sliders, toQuery } from '../src/playground/settings.ts';

test('a link restores every setting', () => {
  const settings = { ...defaultSettings('digits', 'webgpu'), lr: 0.002, t0: -1, lambd: 0, weightDecay: 5e-4 };
  expect(fromQuery(toQuery(settings))).toStrictEqual(settings);
});

test('what a link lacks, or says without sense, is the default', () => {
  expect(fromQuery('')).toStrictEqual(defaultSettings('quadratic', 'cpu'));
  expect(fromQuery('?problem=dance&backend=abacus&lr=fast&t0=&alpha=NaN')).toStrictEqual(
    defaultSettings('quadratic', 'cpu'),
  );
});

test('a number between two stops of a slider goes to the nearer one', () => {
  expect(fromQuery('lr=0.0011&lambd=7')).toMatchObject({ lr: 0.001, lambd: 0.1 });
});

test('the defaults are stops', () => {
  for (const problem of ['quadratic', 'digits', 'csv'] as const) {
    for (const { name, values } of sliders) expect(values).toContain(defaultSettings(problem, 'cpu')[name]);
  }
});

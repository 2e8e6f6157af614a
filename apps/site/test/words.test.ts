import { expect, test } from 'vitest';
import { duration, lapWords, number, percent, threadsIfIsolated } from '../src/playground/words.ts';

test.each([
  [0.00042, '0.42 µs'],
  [0.031, '31 µs'],
  [0.374, '370 µs'],
  [1.26, '1.3 ms'],
  [250, '250 ms'],
])('%s milliseconds are %s', (time, words) => {
  expect(duration(time)).toBe(words);
});

test('a lap has threads, and that of a GPU has none', () => {
  const lap = { time: 0.5, threadsReason: null };
  expect(lapWords({ ...lap, backend: 'wasm', threads: 2 })).toBe('500 µs a step, 2 threads');
  expect(lapWords({ ...lap, backend: 'cpu', threads: 1 })).toBe('500 µs a step, 1 thread');
  expect(lapWords({ ...lap, backend: 'webgpu', threads: 1 })).toBe('500 µs a step');
});

test('numbers have three digits, shares two below a tenth, and what is no number a dash', () => {
  expect([0.4242, 1234.5, 0, 0.000031, NaN].map(number)).toStrictEqual(['0.424', '1230', '0', '3.1e-5', '–']);
  expect([0.0886, 0.1234, 1, NaN].map(percent)).toStrictEqual(['8.9 %', '12.3 %', '100 %', '–']);
});

test('there is a thread for each core, and eight at most', () => {
  expect([0, 1, 2, 64].map(threadsIfIsolated)).toStrictEqual([1, 1, 2, 8]);
});

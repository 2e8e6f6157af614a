import type { Report } from '@asgd/conformance';
import { expect, test } from 'vitest';
import { casesFile } from '../src/conformance-cases.ts';

const row = (id: string, rest: object = {}): object => ({
  id,
  spec: 'Update',
  outcome: 'pass',
  expectedToFail: false,
  reason: null,
  error: null,
  ulp: 0,
  duration: Math.random(),
  ...rest,
});
const reports = (...rows: readonly (readonly object[])[]) =>
  rows.map((all) => ({ rows: all })) as unknown as readonly Report[];

test('results that are alike stand once, whatever the time they took', () => {
  const refused = { outcome: 'not-applicable', reason: 'needs float64', ulp: null };
  const text = casesFile(
    reports([row('a'), row('b')], [row('b', refused), row('a'), row('c', { spec: 'Errors', ulp: null })]),
  );
  expect(JSON.parse(text)).toStrictEqual({
    results: [
      { outcome: 'pass', ulp: 0 },
      { outcome: 'not-applicable', reason: 'needs float64' },
      { outcome: 'pass' },
    ],
    kinds: [
      { spec: 'Update', results: [0, 1] },
      { spec: 'Update', results: [0, 0] },
      { spec: 'Errors', results: [-1, 2] },
    ],
    cases: { b: 0, a: 1, c: 2 },
  });
  expect(text.split('\n').filter((line) => line.startsWith('"'))).toStrictEqual([
    '"b":0,',
    '"a":1,',
    '"c":2',
  ]);
});

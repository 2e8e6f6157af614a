import { expect, test } from 'vitest';
import { caseReports, readConformance } from '../generate/evidence.ts';
import { type Case, type CaseReport, filterCases, wordsOf } from '../src/case-report.ts';

const passed: Case = { id: 'step/plain/float64', spec: 'Update', outcome: 'pass', ulp: 0 };
const refused: Case = { id: 'a', spec: 'Errors', outcome: 'not-applicable', reason: 'needs float64' };

test('each backend has a report of the cases that it ran, with its own results', () => {
  const [cpu, ...others] = readConformance().reports;
  if (cpu === undefined) throw new Error('There is no report.');
  const last = { ...cpu, subject: 'other' };
  const files = caseReports(
    { ...readConformance(), reports: [cpu, last] },
    {
      results: [
        { outcome: 'pass', ulp: 0 },
        { outcome: 'not-applicable', reason: 'needs float64' },
      ],
      kinds: [
        { spec: 'Update', results: [0, -1] },
        { spec: 'Errors', results: [0, 1] },
      ],
      cases: { 'step/plain/float64': 0, a: 1 },
    },
  );
  expect(others.length).toBeGreaterThan(0);
  expect(Object.keys(files)).toStrictEqual([
    'conformance-cpu-in-node.json',
    'conformance-other-in-node.json',
  ]);
  const casesOf = (text = ''): CaseReport['cases'] => (JSON.parse(text) as CaseReport).cases;
  const [ofCpu, ofOther] = Object.values(files).map(casesOf);
  expect(ofCpu).toStrictEqual([passed, { ...passed, id: 'a', spec: 'Errors' }]);
  expect(ofOther).toStrictEqual([refused]);
});

test.each([
  [{ outcome: 'all', words: '' }, [passed, refused]],
  [{ outcome: 'all', words: 'FLOAT64' }, [passed, refused]],
  [{ outcome: 'all', words: 'float64 update' }, [passed]],
  [{ outcome: 'not-applicable', words: 'float64' }, [refused]],
  [{ outcome: 'fail', words: '' }, []],
] as const)('%o finds cases', (filter, found) => {
  expect(filterCases([passed, refused], filter)).toStrictEqual(found);
});

test('a line says what came of a case, and why', () => {
  expect(wordsOf(passed)).toBe('Update · passed · error 0 ulp');
  expect(wordsOf(refused)).toBe('Errors · not applicable: needs float64');
});

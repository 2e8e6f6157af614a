import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import schema from '../report.schema.json' with { type: 'json' };
import type { Subject } from '../src/case.ts';
import { REPORT_SCHEMA, type Report } from '../src/report.ts';
import { run, type RunOptions } from '../src/run.ts';
import { plainBackend } from './kernels.ts';

const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);

/** What is wrong with a report, as JSON gives it back. */
function complaints(report: Report): unknown {
  validate(JSON.parse(JSON.stringify(report)));
  return validate.errors ?? [];
}

const plain: Subject = { name: 'plain', open: () => plainBackend() };
const fusing: Subject = { name: 'fusing', open: () => plainBackend({}, { fuses: 'decay' }) };
const absent: Subject = {
  name: 'absent',
  open: () => {
    throw new Error('no such device');
  },
};

describe('the schema', () => {
  test('is of the version of the report', () => {
    expect(schema.properties.schema.const).toBe(REPORT_SCHEMA);
  });

  test.each<[string, Subject, RunOptions]>([
    ['passes', plain, { only: 'step/plain/*/n=17' }],
    ['fails, with its diagnoses', fusing, { only: ['magnitude/*', 'step/*/n=17'] }],
    ['has no backend', absent, { only: 'step/*', shard: { index: 2, count: 3 } }],
    [
      'has expectations',
      fusing,
      {
        only: 'step/*/n=17',
        expectations: [
          { id: 'step/plain/*', outcome: 'fail', reason: 'a test' },
          { id: 'step/maximize/*', outcome: 'skip', reason: 'a test' },
        ],
      },
    ],
    [
      'has cases that do not apply',
      { name: 'narrow', open: () => plainBackend({ dtypes: ['float32'] }) },
      { only: 'step/*/n=4' },
    ],
  ])('fits the report of a run that %s', async (_, subject, options) => {
    const reports: Report[] = [];
    const report = await run(subject, { ...options, onStart: (first) => reports.push(first) });
    expect([...reports, report].map(complaints)).toStrictEqual([[], []]);
  });

  test('refuses what is not a report of this version', async () => {
    const report = await run(plain, { only: 'step/plain/float32/n=17' });
    expect(complaints({ ...report, schema: 2 } as unknown as Report)).not.toStrictEqual([]);
    expect(complaints({ ...report, verdict: 'fine' } as unknown as Report)).not.toStrictEqual([]);
    expect(complaints({ ...report, more: 1 } as unknown as Report)).not.toStrictEqual([]);
    const { seed: _, ...rest } = report;
    expect(complaints(rest as Report)).not.toStrictEqual([]);
  });
});

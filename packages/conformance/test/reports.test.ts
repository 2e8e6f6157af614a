import { describe, expect, test, vi } from 'vitest';
import { describeReport, Progress, type Output } from '../src/cli/terminal.ts';
import { toJUnit } from '../src/junit.ts';
import { toMarkdown } from '../src/markdown.ts';
import {
  countOutcomes,
  isAgainst,
  type Report,
  type Row,
  sectionsOf,
  summarize,
  verdictOf,
} from '../src/report.ts';
import { plainCapabilities } from './kernels.ts';

function row(id: string, rest: Partial<Row> = {}): Row {
  return {
    id,
    spec: 'Update',
    outcome: 'pass',
    expectedToFail: false,
    reason: null,
    error: null,
    diagnosis: null,
    ulp: 0,
    duration: 2,
    ...rest,
  };
}

const rows: readonly Row[] = [
  row('step/a'),
  row('step/b', { ulp: 2 }),
  row('step/c', {
    outcome: 'fail',
    error: 'Error: at index 3 expected 1, got 2\nand <more> & "so" | on',
    ulp: 'infinite',
  }),
  row('batch/d', {
    outcome: 'fail',
    expectedToFail: true,
    reason: 'driver bug 7',
    error: 'Error: off',
    ulp: 1,
  }),
  row('batch/e', { outcome: 'pass', expectedToFail: true, reason: 'driver bug 8' }),
  row('batch/f', { outcome: 'skip', reason: 'takes an hour', ulp: null, duration: 0 }),
  row('lifecycle/g', { outcome: 'not-applicable', reason: 'needs float64', ulp: null, duration: 0 }),
  row('lifecycle/h', { outcome: 'not-applicable', reason: 'needs float64', ulp: null, duration: 0 }),
];

function report(rest: Partial<Report> = {}): Report {
  return {
    schema: 1,
    subject: 'gpu_*',
    backend: 'gpu',
    capabilities: plainCapabilities,
    suite: { version: '1.2.3', torch: '2.13.0', vectors: { 'float32.json': 'abc' } },
    environment: { runtime: 'node 24.0.0', platform: 'linux x64' },
    startedAt: '2026-11-22T10:00:00.000Z',
    duration: 1234,
    selection: null,
    thorough: false,
    seed: 1992,
    engine: 'fresh',
    failures: ['loseDevice', 'failNext.step'],
    maxBytes: 2 ** 31,
    verdict: 'does not conform',
    passed: false,
    problems: ['batch/e passed, but was expected to fail (driver bug 8): remove the expectation.'],
    counts: countOutcomes(rows),
    rows,
    ...rest,
  };
}

const conforming = report({
  verdict: 'conforms',
  passed: true,
  problems: [],
  rows: [row('step/a')],
  counts: countOutcomes([row('step/a')]),
});

describe('a row', () => {
  test('counts against a backend when it fails unexpectedly, or passes unexpectedly', () => {
    expect(rows.filter(isAgainst).map(({ id }) => id)).toStrictEqual(['step/c', 'batch/e']);
  });
});

describe('the sections of a report', () => {
  test('gather cases by the first word of their ids, with their largest error', () => {
    expect(
      sectionsOf(report()).map(({ name, counts, largest }) => [
        name,
        counts.pass,
        counts.fail,
        largest.reference,
      ]),
    ).toStrictEqual([
      ['step', 2, 1, 'infinite'],
      ['batch', 1, 1, 1],
      ['lifecycle', 0, 0, null],
    ]);
  });

  test('tell errors against PyTorch from those against the reference', () => {
    const mixed = [row('chunks/vectors/a', { ulp: 3 }), row('chunks/step/b', { ulp: 7 })];
    expect(sectionsOf({ rows: mixed })[0]?.largest).toStrictEqual({ pytorch: 3, reference: 7 });
  });
});

describe('the summary', () => {
  test('says whether the backend conforms, and counts every outcome', () => {
    expect(summarize(report())).toBe(
      'gpu_*: does not conform (3 passed, 2 failed (1 as expected), 1 skipped, 2 not applicable, 1 problem)',
    );
    expect(summarize(conforming)).toBe('gpu_*: conforms (1 passed, 0 failed, 0 skipped, 0 not applicable)');
  });
});

describe('the verdict', () => {
  const passed = [row('a'), row('b', { outcome: 'not-applicable', reason: 'needs float64' })];
  const selection = { only: ['a'], shard: null };

  test.each([
    ['conforms', passed, [], null],
    ['conforms with exceptions', [...passed, row('c', { outcome: 'skip', reason: 'slow' })], [], null],
    [
      'conforms with exceptions',
      [...passed, row('c', { outcome: 'fail', expectedToFail: true, reason: 'bug' })],
      [],
      null,
    ],
    ['does not conform', [...passed, row('c', { outcome: 'fail', error: 'off' })], [], null],
    ['does not conform', passed, ['too few cases'], null],
    ['the selection passes', passed, [], selection],
    ['the selection fails', [row('a', { outcome: 'fail', error: 'off' })], [], selection],
    ['the selection fails', passed, ['too few cases'], selection],
  ] as const)('is: %s', (verdict, of, problems, selected) => {
    expect(verdictOf({ rows: of, problems, selection: selected })).toBe(verdict);
  });

  test('is said of the whole suite only', () => {
    const selected = report({ ...conforming, verdict: 'the selection passes', selection });
    expect(summarize(selected)).toBe(
      'gpu_*: 1 selected case passes (1 passed, 0 failed, 0 skipped, 0 not applicable)',
    );
    const failing = report({ verdict: 'the selection fails', selection, problems: [] });
    expect(summarize(failing)).toContain('gpu_*: 2 of 5 selected cases failed (');
    expect([selected, failing].map(summarize).join()).not.toContain('conform');
  });
});

describe('the report in Markdown', () => {
  const text = toMarkdown(report());

  test('gives the verdict, the run and a table of the kinds of case', () => {
    expect(text).toContain('# Conformance of gpu\\_\\*\n');
    expect(text).toContain('does not conform');
    expect(text).toContain('| suite | @asgd/conformance 1.2.3, vectors of PyTorch 2.13.0 |');
    expect(text).toContain('| step | 2 | 1 | 0 | 0 |  | infinite |');
    expect(text).toContain('| batch | 1 | 1 | 1 | 0 |  | 1 ulp |');
  });

  test('names each case that failed, was expected to fail or was skipped, and why', () => {
    expect(text).toContain('- `step/c` (SPEC.md, Update): Error: at index 3 expected 1, got 2 and');
    expect(text).toContain('- `batch/d`: driver bug 7');
    expect(text).toContain('- `batch/e`: **passed**, but was expected to fail: driver bug 8');
    expect(text).toContain('- `batch/f`: takes an hour');
    expect(text).toContain('- 2 cases: needs float64');
    expect(text).not.toContain('`step/a`');
  });

  test('keeps messages from becoming markup', () => {
    expect(text).toContain('and \\<more\\> & "so" \\| on');
  });

  test('has no empty sections', () => {
    expect(toMarkdown(conforming)).not.toContain('##');
  });
});

describe('the report in JUnit XML', () => {
  const text = toJUnit(report());

  test('reports what counts against the backend as failures, and problems too', () => {
    expect(text).toContain('<testsuites name="gpu_*" tests="9" failures="3" time="1.234">');
    expect(text).toContain('<testsuite name="step" tests="3" failures="1" skipped="0">');
    expect(text).toContain('<testsuite name="batch" tests="3" failures="1" skipped="2">');
    expect(text).toContain('<testsuite name="run" tests="1" failures="1" skipped="0">');
    expect(toJUnit(conforming)).toContain('<testsuites name="gpu_*" tests="2" failures="0" time="1.234">');
  });

  test('escapes what XML cannot hold', () => {
    expect(text).toContain('got 2&#10;and &lt;more&gt; &amp; &quot;so&quot; | on"');
    const odd = toJUnit(
      report({ rows: [row('step/a', { outcome: 'fail', error: 'a\u0000b\ud800c\ud83d\ude00' })] }),
    );
    expect(odd).toContain('message="a?b?c\ud83d\ude00"');
  });

  test('gives reasons for the cases that did not run', () => {
    expect(text).toContain('<skipped message="skip: takes an hour"/>');
    expect(text).toContain('<skipped message="not-applicable: needs float64"/>');
    expect(text).toContain('<skipped message="failed as expected: driver bug 7 (Error: off)"/>');
    expect(text).toContain('<failure message="passed, but was expected to fail: driver bug 8"/>');
  });

  test('is well formed', () => {
    const open: string[] = [];
    const mismatched: string[] = [];
    for (const [, closing, name, selfClosing] of text.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (closing && open.pop() !== name) mismatched.push(name ?? '');
      if (!closing && !selfClosing) open.push(name ?? '');
    }
    expect(mismatched).toStrictEqual([]);
    expect(open).toStrictEqual([]);
  });
});

describe('the report on a terminal', () => {
  const output = (isTTY: boolean): Output & { written: string } => {
    const sink = { written: '', isTTY, columns: 30, write: (text: string) => ((sink.written += text), true) };
    return sink as unknown as Output & { written: string };
  };

  const again = (id: string): string => `asgd-conformance gpu.js --only ${id}`;

  test('says what failed and why, and ends with the verdict', () => {
    const lines = describeReport(report(), output(false), again).trimEnd().split('\n');
    expect(lines).toContain('1. 1 failed');
    expect(lines).toContain('   step/c (SPEC.md, Update)');
    expect(lines).toContain('     Error: at index 3 expected 1, got 2');
    expect(lines).toContain('   again: asgd-conformance gpu.js --only step/c');
    expect(lines).toContain('failed as expected batch/d: driver bug 7');
    expect(lines).toContain('skipped batch/f: takes an hour');
    expect(lines).toContain('not applicable (2): needs float64');
    expect(lines).toContain(
      'problem batch/e passed, but was expected to fail (driver bug 8): remove the expectation.',
    );
    expect(lines.at(-1)).toBe(summarize(report()));
  });

  test('has colors on a terminal only', () => {
    expect(describeReport(report(), output(false), again)).not.toContain('\u001b');
    vi.stubEnv('NO_COLOR', '');
    expect(describeReport(report(), output(true), again)).toContain('\u001b[31m');
    vi.stubEnv('NO_COLOR', '1');
    expect(describeReport(report(), output(true), again)).not.toContain('\u001b');
    vi.unstubAllEnvs();
  });

  test('shows progress on one line of a terminal, no wider than it', () => {
    const [terminal, file] = [output(true), output(false)];
    for (const sink of [terminal, file]) {
      const progress = new Progress(sink);
      progress.show('step/with-a-name-that-is-too-long-for-the-line', false);
      progress.clear();
    }
    expect(terminal.written).toBe('\r\u001b[K1 cases: step/with-a-name-tha\r\u001b[K');
    expect(file.written).toBe('');
  });

  test('shows progress elsewhere in a line for every 500 cases', () => {
    const file = output(false);
    const progress = new Progress(file);
    for (let count = 0; count < 1001; count++) progress.show(`step/${count}`, false);
    progress.clear();
    expect(file.written).toBe('500 cases: step/499\n1000 cases: step/999\n');
  });

  test('fits on a page, however much fails', () => {
    const many = Array.from({ length: 40 }, (_, kind) =>
      Array.from({ length: 50 }, (__, at) => {
        const error = `Error: ${'kind'.repeat(kind + 1)} at ${at}\n${'line\n'.repeat(100)}    at place:1:2`;
        return row(`step/${kind}/${at}`, { outcome: 'fail', error });
      }),
    ).flat();
    const text = describeReport(report({ rows: many }), output(false), again);
    expect(text).toContain('1. 50 failed\n   step/0/0 (SPEC.md, Update)\n');
    expect(text).toContain('   also: step/0/1, step/0/2, step/0/3, and 46 more\n');
    expect(text).toContain('and 1500 failed cases of 30 other kinds');
    expect(text).not.toContain('place:1:2');
    expect(text.split('\n').length).toBeLessThan(220);
  });
});

test('a section may have more rows than a call can take arguments', () => {
  const many = [...Array.from({ length: 200_000 }, () => row('step/a')), row('step/z', { ulp: 3 })];
  expect(sectionsOf({ rows: many })).toMatchObject([{ name: 'step', largest: { reference: 3 } }]);
});

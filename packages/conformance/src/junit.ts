import { isAgainst, type Report, type Row, sectionsOf } from './report.ts';
import { escapeXml as escape } from './xml.ts';

/** A report in JUnit's XML: a suite for every kind of case, and one for the run as a whole. */
export function toJUnit(report: Report): string {
  const { subject, problems, rows, duration } = report;
  const suites = sectionsOf(report).map(({ name, rows: members }) =>
    suite(name, members.filter(isAgainst).length, members.filter(isPassedOver).length, members.map(testCase)),
  );
  const whole = suite('run', problems.length, 0, [
    ...problems.map(
      (problem) =>
        `<testcase classname="run" name="${escape(problem)}"><failure message="${escape(problem)}"/></testcase>`,
    ),
    ...(problems.length === 0 ? ['<testcase classname="run" name="has no problems"/>'] : []),
  ]);
  const total = rows.length + Math.max(problems.length, 1);
  const failures = rows.filter(isAgainst).length + problems.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escape(subject)}" tests="${total}" failures="${failures}" time="${seconds(duration)}">`,
    whole,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(name: string, failures: number, skipped: number, cases: readonly string[]): string {
  return [
    `  <testsuite name="${escape(name)}" tests="${cases.length}" failures="${failures}" skipped="${skipped}">`,
    ...cases.map((line) => `    ${line}`),
    '  </testsuite>',
  ].join('\n');
}

/** JUnit has no expected failures, so one appears as skipped, with its reason. */
function isPassedOver(row: Row): boolean {
  return row.outcome !== 'pass' && !isAgainst(row);
}

function testCase(row: Row): string {
  const { id, spec, duration } = row;
  const head = `<testcase classname="${escape(`SPEC.md, ${spec}`)}" name="${escape(id)}" time="${seconds(duration)}"`;
  if (isAgainst(row)) return `${head}>${failure(row)}</testcase>`;
  if (isPassedOver(row)) return `${head}>${passedOver(row)}</testcase>`;
  return `${head}/>`;
}

function failure({ outcome, error, reason }: Row): string {
  const message = outcome === 'pass' ? `passed, but was expected to fail: ${reason}` : (error ?? '');
  return `<failure message="${escape(message)}"/>`;
}

function passedOver({ outcome, reason, error }: Row): string {
  const message = outcome === 'fail' ? `failed as expected: ${reason} (${error})` : `${outcome}: ${reason}`;
  return `<skipped message="${escape(message)}"/>`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

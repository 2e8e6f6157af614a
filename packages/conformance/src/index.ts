export {
  type ErrorCode,
  expect,
  expectBits,
  expectRejects,
  expectSame,
  expectThrows,
} from './cases/expect.ts';
export type { Case, Context, Failure, FailNext, Needs, Operation, Subject } from './case.ts';
export { allCases } from './cases/index.ts';
export type { Diagnosis, Figure } from './diagnosis.ts';
export type { Environment } from './environment.ts';
export type { Expectation } from './expectations.ts';
export { toBadge } from './badge.ts';
export { toJUnit } from './junit.ts';
export { toMarkdown } from './markdown.ts';
export type { Outcome, Report, Row, Suite, Verdict } from './report.ts';
export { REPORT_SCHEMA, summarize } from './report.ts';
export type { RunOptions } from './run.ts';
export { defaultFloor, type ExaminationOptions } from './examination.ts';
export type { Selection, Shard } from './selection.ts';
export { run } from './run.ts';
export { suite } from './suite.ts';

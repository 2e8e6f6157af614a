import type { Backend } from '@asgd/core';
import type { Case, Context, Subject } from '../src/case.ts';
import { expectSame } from '../src/cases/expect.ts';
import { run, type RunOptions } from '../src/run.ts';
import type { Report, Row } from '../src/report.ts';
import { plainBackend } from './kernels.ts';

/** A case that asserts something, and then does what is to be tested. */
export function caseOf(
  id: string,
  body: (context: Context) => void | Promise<void> = () => {},
  needs = {},
): Case {
  return {
    id,
    spec: 'Update',
    needs,
    async run(context) {
      expectSame(context.backend.closed, false, 'closed');
      await body(context);
    },
  };
}

export const passing: Case = caseOf('some/passing');
export const failing: Case = caseOf('some/failing', () => {
  throw new RangeError('4 is too many');
});

/** A context of a subject that cannot make anything go wrong. */
export function contextOf(backend: Backend): Context {
  const refuse = async (): Promise<never> => {
    throw new Error('Nothing can go wrong here.');
  };
  return {
    backend,
    open: async () => plainBackend(),
    limitMemory: refuse,
    loseDevice: refuse,
    failNext: refuse,
    recordUlp: () => {},
    seed: 1,
  };
}

const plain: Subject = { name: 'plain', open: () => plainBackend() };

export function runCases(
  cases: readonly Case[],
  options: RunOptions = {},
  subject: Subject = plain,
): Promise<Report> {
  return run(subject, { cases, ...options });
}

export function rowOf({ rows }: Report, id: string): Row | undefined {
  return rows.find((row) => row.id === id);
}

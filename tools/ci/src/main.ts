// Prints which tests failed and how many ran, from the reports that they left. The last line is for machines and people
// alike.
import { join } from 'node:path';

import { line, summarize } from './reports.ts';

/** So that the end of CI's output, which may be all that somebody sees, has room for them. */
const shownFailures = 5;

const root = process.argv[2] ?? join(import.meta.dirname, '..', '..', '..');
const summary = summarize(root);
for (const { test, message } of summary.failures.slice(0, shownFailures)) {
  console.error(`Failed: ${test}\n${indent(message)}`);
}
if (summary.failures.length > shownFailures) {
  console.error(`Failed: ${summary.failures.length - shownFailures} more.`);
}
for (const problem of summary.problems) console.error(problem);
console.log(line(summary));
process.exitCode = summary.failed > 0 || summary.problems.length > 0 ? 1 : 0;

/** The message, and from where it was thrown. */
function indent(message: string): string {
  return message
    .split('\n')
    .slice(0, 6)
    .map((text) => `  ${text.slice(0, 300)}`)
    .join('\n');
}

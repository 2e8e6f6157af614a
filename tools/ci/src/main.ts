// Prints how many tests ran, from the reports that they left. The last line is for machines and people alike.
import { join } from 'node:path';

import { line, summarize } from './reports.ts';

const root = process.argv[2] ?? join(import.meta.dirname, '..', '..', '..');
const summary = summarize(root);
for (const problem of summary.problems) console.error(problem);
console.log(line(summary));
process.exitCode = summary.failed > 0 || summary.problems.length > 0 ? 1 : 0;

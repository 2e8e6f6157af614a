import { publishedPackages } from './published.ts';
import { type Mode, reviewReports } from './api-report.ts';

const mode: Mode = process.argv.includes('--update') ? 'update' : 'check';
const problems: string[] = [];
for (const one of publishedPackages()) problems.push(...(await reviewReports(one, mode)));
if (problems.length > 0) {
  const advice =
    mode === 'check' ? '\n\nIf the change is meant, run `npm run api` and commit the reports.' : '';
  console.error(problems.join('\n\n') + advice);
  process.exitCode = 1;
}

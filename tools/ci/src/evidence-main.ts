// Checks that the README's table of conformance, and the site's files, say what the reports say; with --update, writes
// them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env } from 'node:process';

import { casesFile } from './conformance-cases.ts';
import { saysTheSame, summaryFile } from './conformance-summary.ts';
import { readReports, withTable } from './conformance-table.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const file = join(root, 'README.md');
const ofSite = join(root, 'apps', 'site', 'evidence', 'conformance.json');
const casesOfSite = join(root, 'apps', 'site', 'evidence', 'conformance-cases.json');

const { ASGD_ADAPTER, VK_DRIVER_FILES, VK_ICD_FILENAMES } = env;
if (ASGD_ADAPTER === 'machine' || VK_DRIVER_FILES !== undefined || VK_ICD_FILENAMES !== undefined) {
  console.log("Not checked: the table is of the software adapter, and the environment names this machine's.");
} else {
  const present = readFileSync(file, 'utf8');
  const reports = readReports(root);
  const wanted = await withTable(present, reports, file);
  const summary = await summaryFile(reports);
  const cases = casesFile(reports);
  const presentCases = existsSync(casesOfSite) ? readFileSync(casesOfSite, 'utf8') : '';
  if (argv.includes('--update')) {
    writeFileSync(file, wanted);
    writeFileSync(ofSite, summary);
    writeFileSync(casesOfSite, cases);
  } else if (wanted !== present || !saysTheSame(ofSite, summary) || cases !== presentCases) {
    console.error(
      'The table of conformance in README.md, or apps/site/evidence/conformance*.json, is not what the reports say. ' +
        'Run npm run evidence.',
    );
    process.exitCode = 1;
  }
}

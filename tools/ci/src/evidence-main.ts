// Checks that the README's table of conformance says what the reports say; with --update, writes it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env } from 'node:process';

import { readReports, withTable } from './conformance-table.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const file = join(root, 'README.md');

const { ASGD_ADAPTER, VK_DRIVER_FILES, VK_ICD_FILENAMES } = env;
if (ASGD_ADAPTER === 'machine' || VK_DRIVER_FILES !== undefined || VK_ICD_FILENAMES !== undefined) {
  console.log("Not checked: the table is of the software adapter, and the environment names this machine's.");
} else {
  const present = readFileSync(file, 'utf8');
  const wanted = await withTable(present, readReports(root), file);
  if (argv.includes('--update')) {
    writeFileSync(file, wanted);
  } else if (wanted !== present) {
    console.error('The table of conformance in README.md is not what the reports say. Run npm run evidence.');
    process.exitCode = 1;
  }
}

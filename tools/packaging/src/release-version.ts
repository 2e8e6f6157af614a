// `npm run release:version`: turns the changesets into versions and changelogs, unless they leave a contract incomplete.

import { spawnSync } from 'node:child_process';

import { contractProblems, recordRelease } from './contract-record.ts';

const root = process.cwd();
const problems = await contractProblems(root);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
const { status } = spawnSync('changeset', ['version'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (status !== 0) process.exit(status ?? 1);
recordRelease(root);

// The last part of `npm run release:check`: what has to hold once the changesets have become versions.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { contractProblems } from './contract-record.ts';
import { publishedPackages, readManifest } from './packages.ts';

const root = process.cwd();

function addressProblems(): string[] {
  const { repository } = readManifest(join(root, 'package.json'));
  if (repository !== undefined && !repository.url.includes('OWNER')) return [];
  return [
    `The repository has no address yet: set repository.url in package.json, which says ${repository?.url}. ` +
      `Every published package gets its links from there.`,
  ];
}

function changesetProblems(): string[] {
  const pending = globSync('.changeset/*.md', { cwd: root }).filter((file) => !file.endsWith('README.md'));
  if (pending.length === 0) return [];
  return [`${pending.length} changesets are not part of a version yet: run \`npm run release:version\`.`];
}

function changelogProblems(): string[] {
  return publishedPackages(root)
    .filter(({ folder, manifest }) => {
      const changelog = join(folder, 'CHANGELOG.md');
      return (
        !existsSync(changelog) || !readFileSync(changelog, 'utf8').includes(`\n## ${manifest.version}\n`)
      );
    })
    .map(
      ({ name, manifest }) => `The CHANGELOG.md of ${name} does not say what changed in ${manifest.version}.`,
    );
}

const problems = [
  ...addressProblems(),
  ...changesetProblems(),
  ...changelogProblems(),
  ...(await contractProblems(root)),
];
if (problems.length > 0) {
  console.error(problems.map((problem) => `- ${problem}`).join('\n'));
  process.exitCode = 1;
}

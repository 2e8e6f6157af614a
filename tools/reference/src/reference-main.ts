import { join, relative } from 'node:path';
import { publishedPackages } from './published.ts';
import { writeReference } from './reference.ts';

const folder = join(import.meta.dirname, '..', 'dist');
const problems = await writeReference(publishedPackages(), folder);
if (problems.length > 0) {
  console.error(`${problems.join('\n')}\n\nThe reference was not written: ${problems.length} problems.`);
  process.exitCode = 1;
} else {
  console.log(`The reference: ${relative('', join(folder, 'index.md'))}`);
}

// Makes what pages include or show and nobody writes by hand: sections of READMEs, the API reference, the errors, tables
// of evidence, and the digits. None of it is committed.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyReference } from './reference.ts';
import { checkIncludes } from './includes.ts';
import { packDigits } from '../src/digits/pack.ts';
import { readDocuments, root, sectionsOf } from './documents.ts';
import { errorsPage } from './errors.ts';
import { evidenceData, evidenceParts } from './evidence.ts';
import { figuresPart } from './figures.ts';
import { picturesIn, withSiteLinks } from './links.ts';
import { write } from './write.ts';

const pages = join(import.meta.dirname, '..', 'pages');
const documents = readDocuments();

rmSync(join(pages, 'parts'), { recursive: true, force: true });
for (const { name, path, text } of documents) {
  for (const { slug, title, body } of sectionsOf(text)) {
    const linked = withSiteLinks(body, path, () => false);
    write(`pages/parts/${name}/${slug}.body.md`, linked);
    write(`pages/parts/${name}/${slug}.md`, title === '' ? linked : `## ${title}\n\n${linked}`);
    write(`pages/parts/${name}/${slug}.below.md`, `### ${title}\n\n${linked}`);
  }
  for (const picture of picturesIn(text, path)) {
    write(`pages/public/${picture}`, readFileSync(join(root, picture)));
  }
}
write(
  'pages/parts/errors.md',
  withSiteLinks(errorsPage(documents), 'packages/core/SPEC.md', () => false),
);
for (const [name, text] of Object.entries(evidenceParts())) write(`pages/parts/evidence/${name}.md`, text);
for (const [name, data] of Object.entries(evidenceData())) write(`pages/public/evidence/${name}`, data);
write('pages/parts/figures.md', figuresPart(documents));
write('pages/public/digits.bin', packDigits());
copyReference(join(pages, 'reference'));
checkIncludes(pages);

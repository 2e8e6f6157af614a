import { type Document, sectionsOf, slugOf } from './documents.ts';

/** Where errors are listed: a table with the columns class, `code`, when, what to do. */
const lists: readonly (readonly [document: string, section: string, from: string])[] = [
  ['spec', 'Errors', '@asgd/core and every package'],
  ['linear', 'When something is wrong', '@asgd/linear'],
  ['torch', 'When something is wrong', '@asgd/torch'],
];

export interface ListedError {
  readonly className: string;
  readonly code: string;
  readonly when: string;
  readonly cure: string;
}

/** All errors with a heading for each code, so that a link can lead to one: `#device_lost`. */
export function errorsPage(documents: readonly Document[]): string {
  const parts = lists.flatMap(([name, title, from]) => {
    const errors = errorsIn(documents, name, title);
    return [`## From ${from}`, ...errors.map(errorEntry)];
  });
  return `${parts.join('\n\n')}\n`;
}

function errorEntry({ className, code, when, cure }: ListedError): string {
  return `### ${code}\n\n**${className}**\n\n**Cause.** ${sentence(when)}\n\n**Cure.** ${sentence(cure)}`;
}

/** The rows of the table of errors in a section. @throws Error if there are none, or one lacks a cell */
export function errorsIn(documents: readonly Document[], name: string, title: string): ListedError[] {
  const document = documents.find((one) => one.name === name);
  const section = sectionsOf(document?.text ?? '').find(({ slug }) => slug === slugOf(title));
  const rows = (section?.body ?? '').split('\n').filter((line) => /^\| `\w+Error`/.test(line));
  if (rows.length === 0) throw new Error(`${name} has no table of errors under '${title}'.`);
  return rows.map((row) => {
    const [className = '', code = '', when = '', cure = ''] = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (cure === '') throw new Error(`${name} does not say what to do about ${className}: ${row}`);
    return { className, code: code.replaceAll('`', ''), when, cure };
  });
}

function sentence(text: string): string {
  const first = text.startsWith('`') ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

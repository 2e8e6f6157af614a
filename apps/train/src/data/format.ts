import { UserError } from '../errors.ts';
import { isDigit, textOf } from './text.ts';
import type { Format } from './parser.ts';

/** How much of a file's beginning is examined. */
export const headBytes: number = 64 * 1024;

/** Tells LIBSVM from CSV by the first line that shows a difference. */
export function detectFormat(file: string, head: Uint8Array): Format {
  refuseBinary(file, head);
  for (const text of textOf(head, 0, head.length).split('\n')) {
    const line = text.replace(/#.*/, '').trim();
    if (line === '') continue;
    // A pair of LIBSVM, not a time or a colon in text.
    if (/\s\d+:[^\s,;]*(?:\s|$)/.test(line)) return 'libsvm';
    if (/[,;\t]/.test(line)) return 'csv';
    if (/^\S+:/.test(line)) return 'libsvm';
  }
  // Only labels: rows in which every feature is 0, or not a table at all, which the parser will report.
  return 'libsvm';
}

function refuseBinary(file: string, head: Uint8Array): void {
  const binary = head.indexOf(0);
  if (binary < 0) return;
  const what = isDigit(head[0]) || head[0] === 0xff || head[0] === 0xfe ? ' (convert UTF-16 to UTF-8)' : '';
  throw new UserError(
    `${file}: found a zero byte at offset ${binary}, expected text: LIBSVM or CSV, plain or gzipped${what}`,
  );
}

import { Readable } from 'node:stream';
import { type Outcome, start } from '../program.ts';

/** Rows with two classes that a line tells apart, up to some noise: LIBSVM, from row `from` on. */
export function svm(count: number, from = 0): string {
  let text = '';
  for (let row = from; row < from + count; row++) {
    const [a, b] = [((row * 7919) % 1000) / 1000, ((row * 104_729) % 997) / 997];
    const noise = ((row * 31) % 17) / 40;
    text += `${a - b + noise > 0.2 ? 1 : -1} 1:${a} ${2 + (row % 3)}:${b} 5:1\n`;
  }
  return text;
}

/** The same bytes, a few at a time. */
export async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Runs asgd-train with a text as its standard input. */
export async function piped(
  args: readonly string[],
  input: string | AsyncIterable<Uint8Array>,
  { cwd = '/', env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const { process: child, outcome } = start(args, cwd, { env: { ...process.env, ...env } });
  // A program that has ended reads no more.
  child.stdin?.on('error', () => undefined);
  if (child.stdin !== null) Readable.from(typeof input === 'string' ? [input] : input).pipe(child.stdin);
  return outcome;
}

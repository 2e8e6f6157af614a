// Loaded before a block's program: tells, on the fourth stream, what was printed by which line of it.
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const stream = 3;
const program = pathToFileURL(process.argv[1] ?? '').href;
const print = console.log.bind(console);

console.log = (...values: unknown[]): void => {
  const frame = new Error('where').stack?.split('\n').find((line) => line.includes(program));
  const line = Number(frame?.split(program)[1]?.split(':')[1]);
  writeSync(stream, `${JSON.stringify({ line, text: format(...values) })}\n`);
  print(...values);
};

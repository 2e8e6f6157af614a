// Loaded before a block's program. Writes to file descriptor 3 what each line of the program printed.
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

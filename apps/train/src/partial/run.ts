import { CommanderError } from 'commander';
import { reason } from '../errors.ts';
import { replaceFile } from '../replace-file.ts';
import { printable } from '../output/printable.ts';
import { parsePipeCommand, type PipeCommand } from './command-line.ts';
import { evaluateRows } from './evaluate-rows.ts';
import { predictRows } from './predict-rows.ts';
import { statusOf, TemporaryError } from './failure.ts';
import { mergeLines } from './merge-lines.ts';
import { trainPart } from './train-part.ts';

/** Does what the command line says with standard input, and prints one line of JSON or none. Returns the exit status. */
export async function runInPipe(argv: readonly string[]): Promise<number> {
  try {
    const result = await resultOf(parsePipeCommand(argv));
    if (result !== undefined) await print(`${JSON.stringify(result)}\n`);
    return 0;
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined) throw error;
    if (!(error instanceof CommanderError)) {
      process.stderr.write(`asgd-train: ${printable((error as Error).message)}\n`);
    }
    return status;
  }
}

async function resultOf(command: PipeCommand): Promise<unknown> {
  const { stdin } = process;
  const results = {
    partial: () => trainPart(stdin, command),
    merge: () => mergeLines(stdin),
    evaluate: () => evaluateRows(stdin, command),
    predict: () => replaceFile(command.predict ?? '', predictRows(stdin, command)),
  };
  return results[command.mode]();
}

async function print(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new TemporaryError(`cannot write the standard output: ${reason(error)}`));
    };
    process.stdout.on('error', fail);
    process.stdout.write(line, (error) => (error ? fail(error) : resolve()));
  });
}

#!/usr/bin/env node
import process, { argv, stderr, stdout } from 'node:process';
import { type Command, help, parseArguments } from './cli/arguments.ts';
import { average } from './cli/average.ts';
import { inspect } from './cli/inspect.ts';
import { writeCheckpoint } from './cli/output.ts';
import { loadPart } from './cli/part.ts';
import { printable } from './cli/printable.ts';

async function carryOut(command: Command): Promise<void> {
  switch (command.kind) {
    case 'help':
      stdout.write(help);
      break;
    case 'inspect':
      stdout.write(await inspect(command.file, command.json));
      break;
    case 'convert':
      await writeCheckpoint(await loadPart(command.file, command.key), command.output);
      break;
    case 'average': {
      const { value, kept } = await average(command.files, command.weights, command.key);
      await writeCheckpoint(value, command.output);
      if (kept > 0) {
        const tensors = kept === 1 ? 'tensor of integers or flags was' : 'tensors of integers or flags were';
        stderr.write(`${kept} ${tensors} copied from ${command.files[0]}.\n`);
      }
      break;
    }
  }
}

try {
  await carryOut(parseArguments(argv.slice(2)));
} catch (error) {
  stderr.write(`asgd-torch: ${printable(error instanceof Error ? error.message : String(error))}\n`);
  process.exitCode = 1;
}

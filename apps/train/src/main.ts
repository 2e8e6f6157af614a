#!/usr/bin/env node
import { AsgdError } from '@asgd/core';
import { UserError } from './errors.ts';
import { Interrupt } from './interrupt.ts';
import { parseCommandLine } from './options.ts';
import { printable } from './output/printable.ts';
import { worksInPipe } from './partial/command-line.ts';
import { runInPipe } from './partial/run.ts';
import { run } from './run.ts';

try {
  const argv = process.argv.slice(2);
  if (worksInPipe(argv)) {
    process.exitCode = await runInPipe(argv);
  } else {
    const commandLine = parseCommandLine(argv);
    const interrupt = new Interrupt();
    process.exitCode = await run(commandLine, interrupt.signal);
    if (interrupt.failure !== undefined) throw new UserError(interrupt.failure);
  }
} catch (error) {
  // A problem that the user or the machine can solve is printed in a line. Anything else is a bug.
  if (!(error instanceof UserError) && !(error instanceof AsgdError)) throw error;
  process.stderr.write(`asgd-train: ${printable(error.message)}\n`);
  process.exitCode = 1;
}

#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { argv, cwd, exit, stderr, stdout } from 'node:process';
import { CommandError, help, parseArguments, type Arguments } from './cli/arguments.ts';
import { loadSubject } from './cli/subject.ts';
import { describeReport, Progress } from './cli/terminal.ts';
import type { Expectation } from './expectations.ts';
import { toJUnit } from './junit.ts';
import { toMarkdown } from './markdown.ts';
import type { Report } from './report.ts';
import { run } from './run.ts';
import { suite } from './suite.ts';

/** The backend conforms; it does not; the suite could not start. */
const exitCodes = { conforms: 0, doesNotConform: 1, cannotRun: 2 } as const;

async function main(args: readonly string[]): Promise<number> {
  const command = parseArguments(args);
  if (command.kind === 'help') {
    stdout.write(help);
    return exitCodes.conforms;
  }
  if (command.kind === 'version') {
    stdout.write(`${suite.version}\n`);
    return exitCodes.conforms;
  }
  const report = await examine(command);
  stdout.write(describeReport(report, stdout));
  await writeReports(report, command);
  return report.passed ? exitCodes.conforms : exitCodes.doesNotConform;
}

async function examine({ module, exportName, only, timeout, expectationsFile }: Arguments): Promise<Report> {
  const subject = await loadSubject(module, exportName, cwd());
  const expectations = expectationsFile === undefined ? [] : await readExpectations(expectationsFile);
  const progress = new Progress(stderr);
  try {
    return await run(subject, {
      expectations,
      ...(only !== undefined && { only }),
      ...(timeout !== undefined && { timeout }),
      onRow: (row) => progress.show(row),
    });
  } finally {
    progress.clear();
  }
}

async function readExpectations(file: string): Promise<readonly Expectation[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CommandError(`Cannot read the expectations in ${file}: ${String(cause)}`, { cause });
  }
  if (!Array.isArray(value)) {
    throw new CommandError(
      `${file} does not contain a list: expected [{ "id": …, "outcome": "skip" or "fail", "reason": … }].`,
    );
  }
  return value as readonly Expectation[];
}

async function writeReports(report: Report, { json, markdown, junit }: Arguments): Promise<void> {
  const files = [
    [json, () => `${JSON.stringify(report, null, 2)}\n`],
    [markdown, () => toMarkdown(report)],
    [junit, () => toJUnit(report)],
  ] as const;
  for (const [file, render] of files) {
    if (file === undefined) continue;
    try {
      await writeFile(file, render());
    } catch (cause) {
      throw new CommandError(`Cannot write the report to ${file}: ${String(cause)}`, { cause });
    }
  }
}

async function mainWithErrors(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    stderr.write(`asgd-conformance: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.cannotRun;
  }
}

// The command must end even if a case hangs or a backend leaves threads running.
exit(await mainWithErrors(argv.slice(2)));

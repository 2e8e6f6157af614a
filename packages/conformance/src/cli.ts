#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import process, { argv, cwd, exit, stderr, stdout } from 'node:process';
import { allCases } from './cases/index.ts';
import { type Arguments, CommandError, help, parseArguments } from './cli/arguments.ts';
import { InProcesses } from './cli/processes.ts';
import { ReportFiles } from './cli/report-files.ts';
import { describeReport, Progress } from './cli/terminal.ts';
import { defaultSeed, defaultTimeout } from './execute.ts';
import type { Expectation } from './expectations.ts';
import type { Report } from './report.ts';
import { examine } from './run.ts';
import { select, type Selection } from './selection.ts';
import { suite } from './suite.ts';

/** The backend conforms, or the selected cases pass; not so; the suite could not start. As shells have it: Ctrl-C. */
const exitCodes = { passed: 0, failed: 1, cannotRun: 2, interrupted: 130 } as const;

async function main(args: readonly string[]): Promise<number> {
  const command = parseArguments(args);
  if (command.kind === 'help') return print(help);
  if (command.kind === 'version') return print(`${suite.version}\n`);
  if (command.kind === 'list') return print(await list(command.selection));
  const files = new ReportFiles(command.files);
  const report = await examineSubject(command, files);
  files.write(report);
  print(describeReport(report, stdout, again(command)));
  return report.passed ? exitCodes.passed : exitCodes.failed;
}

function print(text: string): number {
  stdout.write(text);
  return exitCodes.passed;
}

/** The command that runs one case of the same subject. */
function again({ module, exportName }: Arguments): (id: string) => string {
  const name = exportName === undefined ? '' : ` --export ${exportName}`;
  return (id) => `asgd-conformance ${module}${name} --only '${id}'`;
}

async function list(selection: Selection): Promise<string> {
  return select(await allCases(), selection)
    .map(({ id }) => `${id}\n`)
    .join('');
}

async function examineSubject(command: Arguments, files: ReportFiles): Promise<Report> {
  const { module, exportName, selection, expectationsFile, bail, seed = defaultSeed } = command;
  const expectations = expectationsFile === undefined ? [] : await readExpectations(expectationsFile);
  const source = { module, exportName, directory: cwd() };
  const processes = await InProcesses.load(source, { timeout: command.timeout ?? defaultTimeout, seed });
  const progress = new Progress(stderr);
  const interrupt = (): void => {
    processes.kill(); // it may be blocked, and would outlive the command
    progress.clear();
    exit(exitCodes.interrupted); // the files hold the report of the run so far
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await examine(processes.about, processes, {
      ...selection,
      expectations,
      seed,
      bail,
      onStart: (report) => files.write(report),
      onRow(row, soFar) {
        progress.show(row);
        files.update(soFar);
      },
    });
  } finally {
    processes.kill();
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

async function mainWithErrors(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    stderr.write(`asgd-conformance: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.cannotRun;
  }
}

process.exitCode = await mainWithErrors(argv.slice(2));

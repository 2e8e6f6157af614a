#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import process, { argv, cwd, stderr, stdout } from 'node:process';
import { allCases } from './cases/index.ts';
import { type Arguments, CommandError, help, parseArguments } from './cli/arguments.ts';
import { compareSubjects } from './cli/compare-subjects.ts';
import { exitCodes, onInterrupt } from './cli/exit.ts';
import { makePage } from './cli/page-command.ts';
import { InProcesses } from './cli/processes.ts';
import { reportFiles, type ResultFiles } from './cli/report-files.ts';
import { describeReport, Progress } from './cli/terminal.ts';
import { defaultSeed, defaultTimeout } from './execute.ts';
import type { Expectation } from './expectations.ts';
import { isAgainst, type Report } from './report.ts';
import { examine } from './run.ts';
import { select, type Selection } from './selection.ts';
import { suite } from './suite.ts';

async function main(args: readonly string[]): Promise<number> {
  const command = parseArguments(args);
  if (command.kind === 'help') return print(help);
  if (command.kind === 'version') return print(`${suite.version}\n`);
  if (command.kind === 'list') return print(await list(command.selection));
  if (command.kind === 'page') return makePage(command);
  if (command.kind === 'compare') return compareSubjects(command);
  const files = reportFiles(command.files);
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

async function examineSubject(command: Arguments, files: ResultFiles<Report>): Promise<Report> {
  const { module, exportName, selection, expectationsFile, bail, seed = defaultSeed } = command;
  const expectations = expectationsFile === undefined ? [] : await readExpectations(expectationsFile);
  const source = { module, exportName, directory: cwd() };
  const processes = await InProcesses.load(source, { timeout: command.timeout ?? defaultTimeout, seed });
  const progress = new Progress(stderr);
  const stop = (): void => {
    processes.kill(); // it may be blocked, and would outlive the command
    progress.clear();
  };
  onInterrupt(stop); // the files hold the report of the run so far
  try {
    return await examine(processes.about, processes, {
      ...selection,
      expectations,
      seed,
      bail,
      onStart: (report) => files.write(report),
      onRow(row, soFar) {
        progress.show(row.id, isAgainst(row));
        files.update(soFar);
      },
    });
  } finally {
    stop();
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

import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArgumentError } from '@asgd/core';
import type { Subject } from '../case.ts';
import { subjectOf } from '../subject-of.ts';
import { CommandError } from './arguments.ts';

const advice = 'Name an export with --export.';

/**
 * The subject that a module exports, or one made from a factory that it exports.
 * @param directory where the command runs: files and packages are resolved from there
 * @throws CommandError
 */
export async function loadSubject(
  module: string,
  exportName: string | undefined,
  directory: string,
): Promise<Subject> {
  const exports = await importFrom(module, directory);
  try {
    return subjectOf(exports, module, exportName);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new CommandError(`${error.message} ${advice}`, { cause: error });
  }
}

async function importFrom(module: string, directory: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(locate(module, directory))) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new CommandError(`Cannot import ${module}: ${String(cause)}`, { cause });
  }
}

/** An existing file, or else a package installed for the directory of the command, whatever folders are there. */
function locate(module: string, directory: string): string {
  const file = resolve(directory, module);
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return pathToFileURL(file).href;
  return pathToFileURL(createRequire(join(directory, 'package.json')).resolve(module)).href;
}

import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Backend } from '@asgd/core';
import type { Subject } from '../case.ts';
import { CommandError } from './arguments.ts';

type Factory = () => Backend | Promise<Backend>;

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
  const name = exportName ?? chooseExport(exports, module);
  const value = exports[name];
  if (isSubject(value)) return value;
  if (isFactory(value)) return { name: nameOf(module, name), open: value };
  const found = Object.hasOwn(exports, name) ? `is ${describe(value)}` : 'does not exist';
  throw new CommandError(
    `The export '${name}' of ${module} ${found}: expected a function that makes a backend, or a subject ` +
      `{ name, open }. ${listExports(exports)}`,
  );
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

function chooseExport(exports: Readonly<Record<string, unknown>>, module: string): string {
  if (Object.hasOwn(exports, 'default')) return 'default';
  const candidates = Object.keys(exports).filter(
    (name) => isSubject(exports[name]) || isFactory(exports[name]),
  );
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  throw new CommandError(`${module} has no default export: name one with --export. ${listExports(exports)}`);
}

function listExports(exports: Readonly<Record<string, unknown>>): string {
  return `It exports ${Object.keys(exports).join(', ') || 'nothing'}.`;
}

function isSubject(value: unknown): value is Subject {
  return (
    typeof value === 'object' &&
    value !== null &&
    'open' in value &&
    typeof value.open === 'function' &&
    'name' in value &&
    typeof value.name === 'string'
  );
}

/** Only a call shows whether it makes backends. */
function isFactory(value: unknown): value is Factory {
  return typeof value === 'function';
}

function nameOf(module: string, exportName: string): string {
  return exportName === 'default' ? module : `${module}#${exportName}`;
}

function describe(value: unknown): string {
  return value === null ? 'null' : `of type ${typeof value}`;
}

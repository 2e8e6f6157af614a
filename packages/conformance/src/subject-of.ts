import { ArgumentError, type Backend } from '@asgd/core';
import type { Subject } from './case.ts';

type Factory = () => Backend | Promise<Backend>;

/**
 * The subject that a module exports, or one made from a factory that it exports.
 * @param exportName which export; by default the default one, or the only one that fits
 * @throws ArgumentError
 */
export function subjectOf(
  exports: Readonly<Record<string, unknown>>,
  module: string,
  exportName: string | undefined,
): Subject {
  const name = exportName ?? chooseExport(exports, module);
  const value = exports[name];
  if (isSubject(value)) return value;
  if (isFactory(value)) return { name: nameOf(module, name), open: value };
  const found = Object.hasOwn(exports, name) ? `is ${describe(value)}` : 'does not exist';
  throw new ArgumentError(
    `The export '${name}' of ${module} ${found}: expected a function that makes a backend, or a subject ` +
      `{ name, open }. ${listExports(exports)}`,
  );
}

function chooseExport(exports: Readonly<Record<string, unknown>>, module: string): string {
  if (Object.hasOwn(exports, 'default')) return 'default';
  const candidates = Object.keys(exports).filter(
    (name) => isSubject(exports[name]) || isFactory(exports[name]),
  );
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  throw new ArgumentError(
    `${module} has no default export, so the export has to be named. ${listExports(exports)}`,
  );
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

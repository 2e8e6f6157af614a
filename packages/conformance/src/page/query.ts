import { ArgumentError } from '@asgd/core';
import type { Selection } from '../selection.ts';

/** What the address of a page asks for: `?module=./my-backend.js&only=step/*`. */
export interface PageQuery {
  /** A URL, or a package that the page's import map names; `''` for none. */
  readonly module: string;
  /** Which export; by default the default one, or the only one that fits. */
  readonly exportName: string | undefined;
  readonly selection: Selection & { readonly only?: readonly string[] };
  readonly seed: number | undefined;
}

const names = ['module', 'export', 'only', 'shard', 'thorough', 'seed'];

/** Whether a module is named as a package is, which an import map finds, and not by a URL. */
export function isPackageName(module: string): boolean {
  return !/^(\.{0,2}\/|[a-z][a-z\d+.-]*:)/i.test(module);
}

/** @throws ArgumentError for what the page does not know, so that a mistake does not run something else */
export function parseQuery(search: string): PageQuery {
  const query = new URLSearchParams(search);
  const unknown = [...query.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ArgumentError(`The address has ?${unknown}=: expected ${names.join(', ')}.`);
  }
  const only = query.getAll('only').filter((pattern) => pattern !== '');
  const shard = query.get('shard');
  const seed = query.get('seed');
  const exportName = query.get('export') ?? '';
  return {
    module: query.get('module') ?? '',
    exportName: exportName === '' ? undefined : exportName,
    selection: {
      ...(only.length > 0 && { only }),
      ...(shard !== null && { shard: parseShard(shard) }),
      thorough: query.has('thorough') && query.get('thorough') !== 'false',
    },
    seed: seed === null ? undefined : parseSeed(seed),
  };
}

/** The address that asks for this. */
export function formatQuery({ module, exportName, selection, seed }: PageQuery): string {
  const { only = [], shard, thorough } = selection;
  const query = new URLSearchParams();
  if (module !== '') query.set('module', module);
  if (exportName !== undefined) query.set('export', exportName);
  for (const pattern of only) query.append('only', pattern);
  if (shard) query.set('shard', `${shard.index}/${shard.count}`);
  if (thorough) query.set('thorough', 'true');
  if (seed !== undefined) query.set('seed', String(seed));
  return `?${query.toString().replaceAll('%2F', '/')}`;
}

function parseShard(text: string): { readonly index: number; readonly count: number } {
  const [, index = '', count = ''] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index === '') throw new ArgumentError(`The address has shard=${text}: expected a part, such as 1/4.`);
  return { index: Number(index), count: Number(count) };
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(seed) < 2 ** 31) return seed;
  throw new ArgumentError(
    `The address has seed=${text}: expected a whole number of at most 31 bits, such as 1992.`,
  );
}

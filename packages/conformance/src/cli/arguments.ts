import { parseArgs } from 'node:util';
import { defaultSeed, defaultTimeout } from '../execute.ts';
import type { Selection, Shard } from '../selection.ts';

/** A mistake in the command line, or in a file or module that it names. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export interface Arguments {
  readonly kind: 'run';
  readonly module: string;
  readonly exportName: string | undefined;
  readonly selection: Selection;
  readonly seed: number | undefined;
  readonly bail: boolean;
  readonly timeout: number | undefined;
  readonly expectationsFile: string | undefined;
  readonly files: Readonly<Record<'json' | 'markdown' | 'junit' | 'badge', string | undefined>>;
}

export interface ListArguments {
  readonly kind: 'list';
  readonly selection: Selection;
}

export interface CompareArguments {
  readonly kind: 'compare';
  /** What is compared, in the order in which it is named. */
  readonly sources: readonly [ComparedSource, ComparedSource];
  readonly selection: Selection;
  readonly timeout: number | undefined;
  readonly json: string | undefined;
}

export interface PageArguments {
  readonly kind: 'page';
  /** What the page starts with, if anything. */
  readonly module: string | undefined;
  readonly exportName: string | undefined;
  readonly selection: Selection & { readonly only?: readonly string[] };
  readonly seed: number | undefined;
  readonly port: number;
  /** Where to write it. Without it, it is served. */
  readonly folder: string | undefined;
}

type ComparedSource = Pick<Arguments, 'module' | 'exportName'>;

export const help: string = `Checks whether a backend computes averaged SGD. Runs every case that applies to its capabilities.

Usage: asgd-conformance <module> [options]
       asgd-conformance compare <module> <module> [options]
       asgd-conformance --serve [<module>] [--port <n>] [--export <name>] [--only <pattern>] …
       asgd-conformance --page <folder> [<package>]
       asgd-conformance --list [--only <pattern>] [--shard <i>/<n>] [--thorough]

  <module>               a package or a file that exports the backend's factory, or a subject { name, open }

  --export <name>        which export (default: the default export, or the only one that fits)
  --only <pattern>       run one case, by its id, or all whose ids match; * stands for any text; may be repeated
  --shard <i>/<n>        run the i-th of n equal parts
  --thorough             run the cases that take seconds too: large tensors, and many of everything
  --list                 print the ids instead of running the cases
  --bail                 stop at the first case that fails
  --seed <number>        what examples are generated from (default: ${defaultSeed})
  --expectations <file>  JSON: [{ "id": pattern, "outcome": "skip" | "fail", "reason": text }]
  --timeout <ms>         how long one case may take (default: ${defaultTimeout})
  --json <file>          write the report as JSON, while the cases run and at the end
  --markdown <file>      write it as Markdown
  --junit <file>         write it as JUnit XML
  --badge <file>         write its verdict as a badge, in SVG
  --serve                run in a browser instead: serve a page on this machine, and print its address
  --port <n>             where to serve it (default: a port that is free)
  --page <folder>        write the page, with the packages that it needs, for any server of files
  --version, --help

compare trains two backends on the same cases and says where their bits differ. It takes --only, --shard, --thorough,
--timeout, --json, and --export once for both modules or once for each, in their order.

Exit code: 0 the backend conforms, or the selected cases pass; 1 not so; 2 the suite could not start.
Of compare: 0 all bits are equal; 1 some differ; 2 a case failed, or it could not start.

Examples:
  asgd-conformance @asgd/cpu --export cpu
  asgd-conformance ./my-backend.js --only 'step/*/float32/*' --json report.json
  asgd-conformance compare @asgd/cpu ./my-backend.js --export cpu --export default
  asgd-conformance --serve ./my-backend.js --only 'step/*'
`;

/** @throws CommandError */
export function parseArguments(
  args: readonly string[],
):
  | Arguments
  | CompareArguments
  | ListArguments
  | PageArguments
  | { readonly kind: 'help' }
  | { readonly kind: 'version' } {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  const { only, shard, seed, timeout } = values;
  const selection = {
    ...(only && { only }),
    ...(shard !== undefined && { shard: parseShard(shard) }),
    thorough: values.thorough ?? false,
  };
  if (values.list) return { kind: 'list', selection };
  if (values.serve || values.page !== undefined) return pageArguments(values, positionals, selection);
  if (values.port !== undefined) {
    throw new CommandError('--port goes with --serve. See asgd-conformance --help.');
  }
  if (positionals[0] === 'compare') return compareArguments(values, positionals.slice(1), selection);
  const [module] = positionals;
  if (module === undefined || positionals.length > 1) {
    const given =
      positionals.length === 0 ? 'got none' : `got ${positionals.length}: ${positionals.join(', ')}`;
    throw new CommandError(`Expected one module, but ${given}. See asgd-conformance --help.`);
  }
  const {
    export: exportNames = [],
    bail = false,
    expectations: expectationsFile,
    json,
    markdown,
    junit,
    badge,
  } = values;
  const [exportName] = exportNames;
  if (exportNames.length > 1) {
    throw new CommandError(
      `Expected one --export, but got ${exportNames.length}: ${exportNames.join(', ')}.`,
    );
  }
  return {
    kind: 'run',
    module,
    exportName,
    selection,
    seed: seed === undefined ? undefined : parseSeed(seed),
    bail,
    timeout: timeout === undefined ? undefined : parseTimeout(timeout),
    expectationsFile,
    files: { json, markdown, junit, badge },
  };
}

/** What a page has no use for, or has fields for. */
const notOfPages = ['list', 'bail', 'expectations', 'timeout', 'json', 'markdown', 'junit', 'badge'] as const;

function pageArguments(
  values: ReturnType<typeof parse>['values'],
  modules: readonly string[],
  selection: PageArguments['selection'],
): PageArguments {
  const { export: names = [], seed, port, page: folder, serve } = values;
  const unused = notOfPages.filter((name) => values[name] !== undefined).map((name) => `--${name}`);
  if (serve && folder !== undefined) unused.push('--serve together with --page');
  if (folder !== undefined && port !== undefined) unused.push('--port together with --page');
  if (unused.length > 0) {
    throw new CommandError(`A page does not take ${unused.join(' and ')}. See asgd-conformance --help.`);
  }
  if (modules.length > 1 || names.length > 1) {
    throw new CommandError(
      `A page starts with one module and one --export, but got ${[...modules, ...names].join(', ')}.`,
    );
  }
  return {
    kind: 'page',
    module: modules[0],
    exportName: names[0],
    selection,
    seed: seed === undefined ? undefined : parseSeed(seed),
    port: port === undefined ? 0 : parsePort(port),
    folder,
  };
}

/** What compare has no use for. */
const notOfCompare = ['list', 'bail', 'seed', 'expectations', 'markdown', 'junit', 'badge'] as const;

function compareArguments(
  values: ReturnType<typeof parse>['values'],
  modules: readonly string[],
  selection: Selection,
): CompareArguments {
  const [a, b] = modules;
  if (a === undefined || b === undefined || modules.length > 2) {
    const given = modules.length === 0 ? 'none' : `${modules.length}: ${modules.join(', ')}`;
    throw new CommandError(`compare expects two modules, but got ${given}. See asgd-conformance --help.`);
  }
  const unused = notOfCompare.filter((name) => values[name] !== undefined);
  if (unused.length > 0) {
    const names = unused.map((name) => `--${name}`).join(' and ');
    throw new CommandError(`compare does not take ${names}. See asgd-conformance --help.`);
  }
  const { timeout, json, export: names = [] } = values;
  if (names.length > 2) {
    throw new CommandError(
      `compare expects --export once for both modules or once for each, but got ${names.length}: ${names.join(', ')}.`,
    );
  }
  const [first, second = first] = names;
  return {
    kind: 'compare',
    sources: [
      { module: a, exportName: first },
      { module: b, exportName: second },
    ],
    selection,
    timeout: timeout === undefined ? undefined : parseTimeout(timeout),
    json,
  };
}

const text = { type: 'string' } as const;

// The options' types follow from how they are declared.
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        export: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true },
        shard: text,
        list: { type: 'boolean' },
        bail: { type: 'boolean' },
        thorough: { type: 'boolean' },
        seed: text,
        expectations: text,
        timeout: text,
        json: text,
        markdown: text,
        junit: text,
        badge: text,
        serve: { type: 'boolean' },
        port: text,
        page: text,
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new CommandError(`${(cause as Error).message} See asgd-conformance --help.`, { cause });
  }
}

function parseTimeout(value: string): number {
  const timeout = Number(value);
  if (Number.isFinite(timeout) && timeout > 0) return timeout;
  throw new CommandError(`--timeout is ${value}: expected a number of milliseconds, such as 300000.`);
}

function parsePort(value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port < 65_536) return port;
  throw new CommandError(`--port is ${value}: expected a whole number below 65536, such as 8080.`);
}

function parseSeed(value: string): number {
  const seed = Number(value);
  if (/^-?\d+$/.test(value) && Number.isSafeInteger(seed) && Math.abs(seed) < 2 ** 31) return seed;
  throw new CommandError(
    `--seed is ${value}: expected a whole number of at most 31 bits, such as ${defaultSeed}.`,
  );
}

function parseShard(value: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(value) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new CommandError(`--shard is ${value}: expected a part and how many there are, such as 1/4.`);
}

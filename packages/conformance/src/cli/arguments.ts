import { parseArgs } from 'node:util';

/** A mistake in the command line, or in a file or module that it names. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export interface Arguments {
  readonly kind: 'run';
  readonly module: string;
  readonly exportName: string | undefined;
  readonly only: string | undefined;
  readonly timeout: number | undefined;
  readonly expectationsFile: string | undefined;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly junit: string | undefined;
}

export const help = `Checks whether a backend computes averaged SGD. Runs every case that applies to its capabilities.

Usage: asgd-conformance <module> [options]

  <module>               a package or a file that exports the backend's factory, or a subject { name, open }

  --export <name>        which export (default: the default export, or the only one that fits)
  --only <pattern>       only cases whose id contains this text; with * (any text), the whole id must match
  --expectations <file>  JSON: [{ "id": pattern, "outcome": "skip" | "fail", "reason": text }]
  --timeout <ms>         how long one case may take (default: 300000)
  --json <file>          write the report as JSON
  --markdown <file>      write it as Markdown
  --junit <file>         write it as JUnit XML
  --version, --help

Exit code: 0 the backend conforms, 1 it does not, 2 the suite could not start.

Examples:
  asgd-conformance @asgd/cpu --export cpu
  asgd-conformance ./my-backend.js --only 'step/*/float32/*' --json report.json
`;

/** @throws CommandError */
export function parseArguments(
  args: readonly string[],
): Arguments | { readonly kind: 'help' } | { readonly kind: 'version' } {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  const [module] = positionals;
  if (module === undefined || positionals.length > 1) {
    const given =
      positionals.length === 0 ? 'got none' : `got ${positionals.length}: ${positionals.join(', ')}`;
    throw new CommandError(`Expected one module, but ${given}. See asgd-conformance --help.`);
  }
  const { export: exportName, only, expectations: expectationsFile, json, markdown, junit } = values;
  const timeout = values.timeout === undefined ? undefined : parseTimeout(values.timeout);
  return { kind: 'run', module, exportName, only, timeout, expectationsFile, json, markdown, junit };
}

const text = { type: 'string' } as const;

// The options' types follow from how they are declared.
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        export: text,
        only: text,
        expectations: text,
        timeout: text,
        json: text,
        markdown: text,
        junit: text,
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

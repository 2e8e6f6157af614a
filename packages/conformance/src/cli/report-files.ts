import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { toBadge } from '../badge.ts';
import { toJUnit } from '../junit.ts';
import { toMarkdown } from '../markdown.ts';
import type { Report } from '../report.ts';
import { CommandError } from './arguments.ts';

/** How often a file is brought up to date while the run goes on, in milliseconds. */
const interval = 2000;

/** As indented JSON. */
export function toJSON(result: object): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

const renderers: Readonly<Record<'json' | 'markdown' | 'junit' | 'badge', (report: Report) => string>> = {
  json: toJSON,
  markdown: toMarkdown,
  junit: toJUnit,
  badge: toBadge,
};

/** The files that the report of a run is written to. */
export function reportFiles(
  paths: Readonly<Record<keyof typeof renderers, string | undefined>>,
): ResultFiles<Report> {
  const formats = ['json', 'markdown', 'junit', 'badge'] as const;
  return new ResultFiles(
    formats.flatMap((format) => {
      const path = paths[format];
      return path === undefined ? [] : [{ path, render: renderers[format] }];
    }),
  );
}

interface ResultFile<Result> {
  readonly path: string;
  readonly render: (result: Result) => string;
}

/** The files that a result is written to. At any moment each holds a whole result, of what ran so far. */
export class ResultFiles<Result extends { readonly verdict: string }> {
  readonly #files: readonly ResultFile<Result>[];
  #written = 0;

  constructor(files: readonly ResultFile<Result>[]) {
    this.#files = files;
  }

  /** @throws CommandError if a file cannot be written */
  write(result: Result): void {
    for (const { path, render } of this.#files) {
      try {
        replace(path, render(result), result.verdict !== 'unfinished');
      } catch (cause) {
        throw new CommandError(`Cannot write the report to ${path}: ${String(cause)}`, { cause });
      }
    }
    this.#written = performance.now();
  }

  /** Writes if the last time was a while ago. */
  update(result: () => Result): void {
    if (this.#files.length > 0 && performance.now() - this.#written > interval) this.write(result());
  }
}

/** Whoever reads the file meanwhile sees the old text or the new. A pipe or a device gets one text, at the end. */
function replace(path: string, text: string, isLast: boolean): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) {
    if (isLast) writeFileSync(path, text);
    else accessSync(path, constants.W_OK);
    return;
  }
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

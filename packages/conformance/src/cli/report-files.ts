import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { toBadge } from '../badge.ts';
import { toJUnit } from '../junit.ts';
import { toMarkdown } from '../markdown.ts';
import type { Report } from '../report.ts';
import { CommandError } from './arguments.ts';

/** How often a file is brought up to date while the run goes on, in milliseconds. */
const interval = 2000;

type Render = (report: Report) => string;

const renderers: Readonly<Record<'json' | 'markdown' | 'junit' | 'badge', Render>> = {
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown: toMarkdown,
  junit: toJUnit,
  badge: toBadge,
};

/** The files that a report is written to. At any moment each holds a whole report, of the run so far. */
export class ReportFiles {
  readonly #files: readonly { readonly path: string; readonly render: Render }[];
  #written = 0;

  constructor(paths: Readonly<Record<keyof typeof renderers, string | undefined>>) {
    const formats = ['json', 'markdown', 'junit', 'badge'] as const;
    this.#files = formats.flatMap((format) => {
      const path = paths[format];
      return path === undefined ? [] : [{ path, render: renderers[format] }];
    });
  }

  /** @throws CommandError if a file cannot be written */
  write(report: Report): void {
    for (const { path, render } of this.#files) {
      try {
        replace(path, render(report), report.verdict !== 'unfinished');
      } catch (cause) {
        throw new CommandError(`Cannot write the report to ${path}: ${String(cause)}`, { cause });
      }
    }
    this.#written = performance.now();
  }

  /** Writes if the last time was a while ago. */
  update(report: () => Report): void {
    if (this.#files.length > 0 && performance.now() - this.#written > interval) this.write(report());
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

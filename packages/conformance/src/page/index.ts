import type { Subject } from '../case.ts';
import type { Report } from '../report.ts';
import { isAgainst } from '../report.ts';
import { run, type RunOptions } from '../run.ts';
import { subjectOf } from '../subject-of.ts';
import { element } from './elements.ts';
import { Form } from './form.ts';
import { formatQuery, isPackageName, type PageQuery, parseQuery } from './query.ts';
import { resultOf } from './results.ts';
import { style } from './style.ts';

/** What a page shows, and what it starts from. */
export interface PageOptions<Engine = unknown> {
  /** What is examined. Without it the visitor names a module, or the address does. */
  readonly subject?: Subject<Engine>;
  /** The address to start from, as in `location.search`; `''` for none. Default: that of the page. */
  readonly search?: string;
  /** Where relative URLs of modules start. Default: the page. */
  readonly base?: string;
  /** Expectations, a limit of time, and the like. What the visitor says goes before it. */
  readonly run?: RunOptions;
  /** Called with every report. */
  readonly onReport?: (report: Report) => void;
}

/** The suite in a page. */
export interface Shown {
  /** Runs what the fields say, as the button does. Resolves to `undefined` if nothing could run; the page says why. */
  start(): Promise<Report | undefined>;
  /** Ends the run after the case that is running. */
  stop(): void;
}

/**
 * Shows the suite in a page: fields that say what to run, how far it is, what failed and why, and the report as files.
 * Nothing runs before `start()` or the visitor says so: a module from an address is somebody's program.
 * @param parent gets it as its only content
 */
export function showSuite<Engine = unknown>(parent: HTMLElement, options: PageOptions<Engine> = {}): Shown {
  return new SuitePage(parent, options);
}

class SuitePage<Engine> implements Shown {
  readonly #options: PageOptions<Engine>;
  readonly #form: Form;
  readonly #status = element('p', { role: 'status' });
  readonly #progress = element('progress', { hidden: true, 'aria-label': 'Cases' });
  readonly #result = element('div');
  #stopping: AbortController | undefined;

  constructor(parent: HTMLElement, options: PageOptions<Engine>) {
    this.#options = options;
    const { query, problem } = readQuery(options.search ?? location.search);
    this.#form = new Form(query, options.subject !== undefined, {
      onRun: () => void this.start(),
      onStop: () => this.stop(),
    });
    if (problem !== undefined) this.#status.textContent = problem;
    const content = [
      element('style', {}, style),
      this.#form.root,
      this.#status,
      this.#progress,
      this.#result,
    ];
    parent.replaceChildren(element('div', { class: 'asgd-conformance' }, ...content));
  }

  stop(): void {
    this.#stopping?.abort();
  }

  async start(): Promise<Report | undefined> {
    if (this.#stopping) return undefined;
    this.#stopping = new AbortController();
    this.#form.isRunning = true;
    this.#result.replaceChildren();
    this.#progress.hidden = false;
    this.#progress.removeAttribute('value');
    const { query } = this.#form;
    try {
      this.#status.textContent = 'Starting …';
      const report = await this.#run(query, this.#stopping.signal);
      this.#status.textContent = 'Done.';
      const shown = resultOf(report, (id) => this.#addressOf(query, id));
      this.#result.replaceChildren(shown);
      shown.querySelector('h2')?.focus();
      this.#options.onReport?.(report);
      return report;
    } catch (error) {
      this.#status.textContent = error instanceof Error ? error.message : String(error);
      return undefined;
    } finally {
      this.#progress.hidden = true;
      this.#form.isRunning = false;
      this.#stopping = undefined;
    }
  }

  async #run({ module, exportName, selection, seed }: PageQuery, signal: AbortSignal): Promise<Report> {
    const { subject, run: given = {} } = this.#options;
    const examined = subject ?? ((await this.#load(module, exportName)) as Subject<Engine>);
    let count = 0;
    let against = 0;
    return run(examined, {
      ...given,
      ...selection,
      ...(seed !== undefined && { seed }),
      signal,
      onPlan: (total) => {
        this.#progress.max = Math.max(1, total);
        given.onPlan?.(total);
      },
      onRow: (row, soFar) => {
        given.onRow?.(row, soFar);
        if (row.outcome === 'skip' || row.outcome === 'not-applicable') return;
        count++;
        if (isAgainst(row)) against++;
        this.#progress.value = count;
        // A screen reader would read every case aloud.
        if (count % 100 === 1 || isAgainst(row)) {
          this.#status.textContent = `${count} cases${against > 0 ? `, ${against} failed` : ''}: ${row.id}`;
        }
      },
    });
  }

  async #load(module: string, exportName: string | undefined): Promise<Subject> {
    if (module === '') throw new Error('Name a module: a URL, such as ./my-backend.js.');
    const { base = location.href } = this.#options;
    const url = isPackageName(module) ? module : new URL(module, new URL(base, location.href)).href;
    let exports: Readonly<Record<string, unknown>>;
    try {
      exports = (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as typeof exports;
    } catch (cause) {
      throw new Error(`Cannot import ${module}: ${String(cause)}`, { cause });
    }
    return subjectOf(exports, module, exportName);
  }

  #addressOf(query: PageQuery, id: string): string {
    return formatQuery({ ...query, selection: { ...query.selection, only: [id] } });
  }
}

function readQuery(search: string): { readonly query: PageQuery; readonly problem?: string } {
  try {
    return { query: parseQuery(search) };
  } catch (error) {
    return { query: parseQuery(''), problem: (error as Error).message };
  }
}

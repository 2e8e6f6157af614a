import {
  type ComparedSubject,
  type Comparison,
  COMPARISON_SCHEMA,
  type ComparisonRow,
  countCompared,
  verdictOfComparison,
} from '../comparison.ts';
import { firstDifference } from '../difference.ts';
import { currentEnvironment } from '../environment.ts';
import type { Declared } from '../execute.ts';
import { missingCapability } from '../plan.ts';
import { patternsOf, type Selection } from '../selection.ts';
import { suite } from '../suite.ts';
import type { TrainingRun } from '../training-case.ts';
import { batchSize, type InProcesses, maxDeaths } from './processes.ts';

/** Both backends, in the order in which the command names them. */
export type Pair<Item> = readonly [Item, Item];

/** The comparison of two backends: runs it, and says how far it is. */
export class Comparing {
  readonly #processes: Pair<InProcesses>;
  readonly #selection: Selection;
  readonly #names: Pair<string>;
  readonly #startedAt = new Date();
  readonly #start = performance.now();
  readonly #rows: ComparisonRow[] = [];
  readonly #problems: string[] = [];
  #declared: Pair<Declared | null> = [null, null];
  #deaths = 0;

  constructor(processes: Pair<InProcesses>, selection: Selection) {
    this.#processes = processes;
    this.#selection = selection;
    this.#names = distinct([processes[0].about.subject, processes[1].about.subject]);
  }

  async run(runs: readonly TrainingRun[], onRow: (row: ComparisonRow) => void): Promise<void> {
    const declared = await this.#inspect();
    if (!declared) return;
    this.#declared = declared;
    let recorded = 0;
    for (const [at, item] of runs.entries()) {
      if (this.#deaths >= maxDeaths) {
        const left = runs.length - at;
        this.#problems.push(`${left} cases did not run, because ${this.#deaths} processes had died by then.`);
        break;
      }
      const reason = this.#whyNot(item, declared);
      const row = reason === null ? await this.#compare(item) : rowOf(item, 'not-applicable', reason);
      if (reason === null && ++recorded % batchSize === 0) await this.#endProcesses();
      this.#rows.push(row);
      onRow(row);
    }
    await this.#endProcesses();
  }

  /** The result of a comparison that goes on. */
  soFar(): Comparison {
    return { ...this.finish(), verdict: 'unfinished' };
  }

  /** The result of a comparison that is over. */
  finish(): Comparison {
    const { only, shard, thorough = false } = this.#selection;
    const about = (side: 0 | 1): ComparedSubject => ({
      subject: this.#names[side],
      engine: this.#processes[side].about.engine,
      backend: this.#declared[side]?.name ?? null,
      capabilities: this.#declared[side]?.capabilities ?? null,
    });
    const rows = [...this.#rows];
    const [counts, problems] = [countCompared(rows), [...this.#problems]];
    return {
      schema: COMPARISON_SCHEMA,
      subjects: [about(0), about(1)],
      suite,
      environment: currentEnvironment(),
      startedAt: this.#startedAt.toISOString(),
      duration: performance.now() - this.#start,
      selection:
        only === undefined && shard === undefined
          ? null
          : { only: patternsOf(this.#selection), shard: shard ? `${shard.index}/${shard.count}` : null },
      thorough,
      verdict: verdictOfComparison({ counts, problems }),
      problems,
      counts,
      rows,
    };
  }

  async #inspect(): Promise<Pair<Declared> | null> {
    const [a, b] = this.#processes;
    const found = await Promise.all([a.inspect(), b.inspect()]);
    for (const [side, one] of found.entries()) {
      if (typeof one === 'string') this.#problems.push(`${this.#names[side]} could not be opened: ${one}`);
    }
    const [first, second] = found;
    return typeof first === 'string' || typeof second === 'string' ? null : [first, second];
  }

  /** Why one of the two cannot run a case. */
  #whyNot({ needs }: TrainingRun, declared: Pair<Declared>): string | null {
    for (const [side, { capabilities }] of declared.entries()) {
      // One that flushes subnormal numbers can run what needs them, with other bits.
      const missing = missingCapability(needs, { ...capabilities, subnormals: 'keep' });
      if (missing !== undefined) return `${missing} (${this.#names[side]})`;
    }
    return null;
  }

  async #compare(item: TrainingRun): Promise<ComparisonRow> {
    const [a, b] = this.#processes;
    const recorded = await Promise.all([a.record(item.id), b.record(item.id)]);
    const errors = recorded.flatMap(({ error }, side) =>
      error === null ? [] : [`${this.#names[side]}: ${error}`],
    );
    this.#deaths += recorded.filter(({ hasDied }) => hasDied).length;
    if (errors.length > 0) return rowOf(item, 'failed', errors.join('; '));
    const difference = firstDifference(recorded[0].observed, recorded[1].observed);
    return { id: item.id, outcome: difference ? 'different' : 'equal', reason: null, difference };
  }

  async #endProcesses(): Promise<void> {
    const found = await Promise.all(this.#processes.map((processes) => processes.endRecording()));
    for (const [side, problems] of found.entries()) {
      this.#problems.push(...problems.map((problem) => `${this.#names[side]}: ${problem}`));
    }
  }
}

function rowOf({ id }: TrainingRun, outcome: ComparisonRow['outcome'], reason: string): ComparisonRow {
  return { id, outcome, reason, difference: null };
}

function distinct([first, second]: Pair<string>): Pair<string> {
  return first === second ? [`${first} (first)`, `${second} (second)`] : [first, second];
}

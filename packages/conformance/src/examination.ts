import type { Case, Subject } from './case.ts';
import { allCases } from './cases/index.ts';
import { currentEnvironment } from './environment.ts';
import { type Declared, defaultSeed } from './execute.ts';
import { checkExpectations, type Expectation, unmatchedExpectations } from './expectations.ts';
import { failuresOf } from './offered-failures.ts';
import { type PassedOver, planCases, type Planned, type PlannedRun } from './plan.ts';
import {
  countOutcomes,
  isFavorable,
  type Report,
  REPORT_SCHEMA,
  type Row,
  toPlainUlp,
  verdictOf,
} from './report.ts';
import type { Outcome } from './runner.ts';
import { patternsOf, select, type Selection } from './selection.ts';
import { suite } from './suite.ts';

/** What is examined, and how strictly. */
export interface ExaminationOptions extends Selection {
  /** Which cases are known to fail or must not run, and why. */
  readonly expectations?: readonly Expectation[];
  /** What examples are generated from: another seed may find other faults. Default 1992. */
  readonly seed?: number;
  /** How many cases must run at least, whether they pass or not. Default {@link defaultFloor}, or 1 for a selection. */
  readonly floor?: number;
  /** The cases to select from. Default: the whole suite. */
  readonly cases?: readonly Case[];
}

/**
 * A run of fewer cases proves too little. A backend with only float32, memory that the host cannot see, and all
 * latitude still runs about 1600.
 */
export const defaultFloor = 1000;

/** What a report says of a subject before anything is opened. */
export type About = Pick<Report, 'subject' | 'engine' | 'failures' | 'maxBytes'>;

/** What a report says of this one. */
export function aboutOf<Engine>(subject: Subject<Engine>): About {
  const { name, engine, maxBytes = 2 ** 31 } = subject;
  return { subject: name, engine: engine ? 'shared' : 'fresh', failures: failuresOf(subject), maxBytes };
}

/** One run of the suite: what it is to run, what came of it so far, and the report. */
export class Examination {
  readonly #about: About;
  readonly #options: ExaminationOptions;
  readonly #all: readonly Case[];
  readonly #selected: readonly Case[];
  readonly #startedAt = new Date();
  readonly #start = performance.now();
  readonly #rows = new Map<Case, Row>();
  #declared: Declared | null = null;

  /** @throws ArgumentError for incomplete expectations, and for a selection without cases */
  static async of(about: About, options: ExaminationOptions): Promise<Examination> {
    checkExpectations(options.expectations ?? []);
    return new Examination(about, options, options.cases ?? (await allCases()));
  }

  private constructor(about: About, options: ExaminationOptions, all: readonly Case[]) {
    this.#about = about;
    this.#options = options;
    this.#all = all;
    this.#selected = select(all, options);
  }

  /** What to do with each case, given what the backend declares. */
  plan(declared: Declared): readonly Planned[] {
    this.#declared = declared;
    return planCases(this.#selected, declared.capabilities, this.#options.expectations ?? [], this.#about);
  }

  /** Notes that a case does not run. */
  passOver({ kind, case: item, reason }: PassedOver): Row {
    return this.#note(item, {
      outcome: kind,
      expectedToFail: false,
      reason,
      error: null,
      diagnosis: null,
      ulp: null,
      duration: 0,
    });
  }

  /** Notes what came of a case that ran. */
  add({ case: item, expectedToFail }: PlannedRun, { error, diagnosis, ulp, duration }: Outcome): Row {
    return this.#note(item, {
      outcome: error === null ? 'pass' : 'fail',
      expectedToFail: expectedToFail !== null,
      reason: expectedToFail,
      error,
      diagnosis,
      ulp: toPlainUlp(ulp),
      duration,
    });
  }

  /** The report of a run that goes on. */
  soFar(): Report {
    return { ...this.#describe(['The run has not ended.']), verdict: 'unfinished', passed: false };
  }

  /** The report of a run that is over. */
  finish(problems: readonly string[]): Report {
    const rows = [...this.#rows.values()];
    const ran = rows.filter(({ outcome }) => outcome === 'pass' || outcome === 'fail').length;
    const ofRows = rows.flatMap(describeSurprise);
    const report = this.#describe([...problems, ...this.mistakes(), ...ofRows, ...this.shortfall(ran)]);
    const verdict = verdictOf(report);
    return { ...report, verdict, passed: isFavorable(verdict) };
  }

  /** Expectations that match no case. */
  mistakes(): readonly string[] {
    return unmatchedExpectations(this.#all, this.#options.expectations ?? []);
  }

  /** A problem if too few cases run. */
  shortfall(count: number): readonly string[] {
    const { floor = this.#isWhole ? defaultFloor : 1 } = this.#options;
    if (count >= floor) return [];
    return [`${count} of ${this.#selected.length} cases ran; a run needs at least ${floor}.`];
  }

  #note(item: Case, row: Omit<Row, 'id' | 'spec'>): Row {
    const { id, spec } = item;
    const noted = { id, spec, ...row };
    this.#rows.set(item, noted);
    return noted;
  }

  get #isWhole(): boolean {
    const { cases, only, shard } = this.#options;
    return cases === undefined && only === undefined && shard === undefined;
  }

  #describe(problems: readonly string[]): Omit<Report, 'verdict' | 'passed'> {
    const { shard, thorough = false, seed = defaultSeed } = this.#options;
    const rows = this.#selected.flatMap((item) => this.#rows.get(item) ?? []);
    return {
      schema: REPORT_SCHEMA,
      ...this.#about,
      backend: this.#declared?.name ?? null,
      capabilities: this.#declared?.capabilities ?? null,
      suite,
      environment: currentEnvironment(),
      startedAt: this.#startedAt.toISOString(),
      duration: performance.now() - this.#start,
      selection: this.#isWhole
        ? null
        : { only: patternsOf(this.#options), shard: shard ? `${shard.index}/${shard.count}` : null },
      thorough,
      seed,
      problems,
      counts: countOutcomes(rows),
      rows,
    };
  }
}

/** A problem for a row that passed against the expectation. */
export function describeSurprise({ id, outcome, expectedToFail, reason }: Row): readonly string[] {
  if (!expectedToFail || outcome !== 'pass') return [];
  return [`${id} passed, but was expected to fail (${reason}): remove the expectation.`];
}

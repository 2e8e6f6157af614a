import type { Contender, Probe } from './contender.ts';
import { describeMachine } from './machine.ts';
import { merge, type Outcome } from './pairing.ts';
import { describeComparison, isOurs, type Limits, makePlan, type Pairing, type Plan } from './plan.ts';
import type { Report } from './report.ts';
import type { Effort } from './sampling.ts';
import { judge, type Row } from './targets.ts';

/** How a run is made and followed. */
export interface Course {
  readonly limits: Limits;
  readonly effort: Pick<Effort, 'rounds' | 'deadline'>;
  /** Measures all of a pairing, once, and hands over the outcomes in its order, until it is told to stop. */
  measure(pairing: Pairing, stop: AbortSignal): AsyncIterable<Outcome>;
  /** Told what comes next, and how far the run is. */
  follow(what: string, done: number, all: number): void;
}

/** Asks every contender whether it can be measured here. */
export async function probeAll(contenders: readonly Contender[]): Promise<Map<string, Probe>> {
  const probes = await Promise.all(
    contenders.map(async (contender) => [contender.id, await contender.probe()] as const),
  );
  return new Map(probes);
}

/** Plans, measures pairing after pairing, and judges if targets were asked for. */
export async function bench(contenders: readonly Contender[], course: Course): Promise<Report> {
  const started = new Date();
  const probes = await probeAll(contenders);
  const plan = makePlan(contenders, probes, course.limits);
  const rows = [...(await measureAll(plan, course, started)), ...omitted(plan)];
  return {
    started,
    quick: course.limits.quick,
    machine: describeMachine(),
    entrants: contenders.map((contender) => ({
      id: contender.id,
      label: contender.label,
      maxThreads: contender.maxThreads,
      product: contender.product ?? contender.label,
      ours: isOurs(contender),
      probe: probes.get(contender.id) ?? { available: false, reason: 'it was not asked' },
    })),
    rows,
    judgements: course.limits.targetsOnly === true ? judge(rows) : [],
  };
}

async function measureAll({ pairings }: Plan, course: Course, started: Date): Promise<Row[]> {
  const { rounds, deadline } = course.effort;
  const all = rounds * pairings.reduce((sum, { comparisons }) => sum + comparisons.length, 0);
  const left = deadline - (Date.now() - started.getTime());
  const stop = signalAfter(left);
  const rows: Row[] = [];
  let done = 0;
  for (const pairing of pairings) {
    const outcomes: Outcome[][] = pairing.comparisons.map(() => []);
    for (let round = 0; round < rounds && !stop.aborted; round++) {
      let index = 0;
      const follow = (): void => {
        const next = pairing.comparisons[index];
        if (next) course.follow(describeComparison(next), done, all);
      };
      follow();
      for await (const outcome of course.measure(pairing, stop)) {
        outcomes[index++]?.push(outcome);
        done++;
        if (stop.aborted) break;
        follow();
      }
    }
    pairing.comparisons.forEach((comparison, index) => {
      rows.push({ ...comparison, outcome: merge(outcomes[index] ?? []) });
    });
  }
  return rows;
}

function signalAfter(milliseconds: number): AbortSignal {
  if (milliseconds === Infinity) return new AbortController().signal;
  return milliseconds > 0 ? AbortSignal.timeout(milliseconds) : AbortSignal.abort();
}

function omitted({ omissions }: Plan): Row[] {
  return omissions.map(({ reason, ...comparison }) => ({
    ...comparison,
    outcome: { status: 'not measured', reason },
  }));
}

// The program of one pairing: measures what it is sent, one comparison at a time, and sends back what came of it.
// A process of its own, so that what an engine learned from one peer's code does not slow another's.

import { allContenders } from './contenders/index.ts';
import { measure, type Outcome, prepare, type Side } from './pairing.ts';
import type { Assignment } from './processes.ts';

process.once('message', (message) => {
  void work(message as Assignment).then(() => process.disconnect());
});

async function work({ comparisons, python, effort }: Assignment): Promise<void> {
  const contenders = allContenders(python);
  const prepared = new Set<string>();
  for (const comparison of comparisons) {
    let outcome: Outcome;
    try {
      for (const side of [comparison.subject, comparison.peer]) {
        const kind = kindOf(side);
        if (!prepared.has(kind)) await prepare(side, contenders, effort);
        prepared.add(kind);
      }
      outcome = await measure(comparison, contenders, effort);
    } catch (error) {
      outcome = { status: 'not measured', reason: error instanceof Error ? error.message : String(error) };
    }
    globalThis.gc?.(); // the largest workloads leave gigabytes behind
    process.send?.(outcome);
  }
  for (const contender of contenders) await contender.release?.();
}

/** What an engine compiles anew for. */
function kindOf({ contender, workload, threads }: Side): string {
  return [contender, workload.dtype, workload.phase, threads].join();
}

// The program of one pairing: measures what it is sent, one comparison at a time, and sends back what came of it.
// A process of its own, so that what an engine learned from one peer's code does not slow another's.

import { allContenders } from './contenders/index.ts';
import { measure, type Outcome } from './pairing.ts';
import type { Assignment } from './processes.ts';

process.once('message', (message) => {
  void work(message as Assignment).then(() => process.disconnect());
});

async function work({ comparisons, python, effort }: Assignment): Promise<void> {
  const contenders = allContenders(python);
  for (const comparison of comparisons) {
    let outcome: Outcome;
    try {
      outcome = await measure(comparison, contenders, effort);
    } catch (error) {
      outcome = { status: 'not measured', reason: error instanceof Error ? error.message : String(error) };
    }
    process.send?.(outcome);
  }
  for (const contender of contenders) await contender.release?.();
}

// The program of one pairing: measures what it is sent, one comparison at a time, and sends back what came of it.
// A process of its own, so that what an engine learned from one peer's code does not slow another's.

import type { Contender } from './contender.ts';
import { allContenders } from './contenders/index.ts';
import { measure, type Outcome } from './pairing.ts';
import type { Assignment } from './processes.ts';

process.once('message', (message) => {
  const { comparisons, python, effort } = message as Assignment;
  const contenders = allContenders(python);
  // At the end, but also when whoever asked has gone or wants no more: peers keep processes and temporary files.
  const ended = new AbortController();
  const end = (): void => {
    if (ended.signal.aborted) return;
    ended.abort();
    void releaseAll(contenders).finally(() => process.exit());
  };
  for (const reason of ['disconnect', 'SIGINT', 'SIGTERM']) process.once(reason, end);
  void work(comparisons, contenders, effort, ended.signal).then(
    () => process.connected && process.disconnect(),
  );
});

async function work(
  comparisons: Assignment['comparisons'],
  contenders: readonly Contender[],
  effort: Assignment['effort'],
  ended: AbortSignal,
): Promise<void> {
  for (const comparison of comparisons) {
    let outcome: Outcome;
    try {
      outcome = await measure(comparison, contenders, effort);
    } catch (error) {
      outcome = { status: 'not measured', reason: error instanceof Error ? error.message : String(error) };
    }
    if (ended.aborted) return; // nobody is there to send it to
    process.send?.(outcome);
  }
}

async function releaseAll(contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) await contender.release?.();
}

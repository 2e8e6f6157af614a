import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long what a backend closes may take to be gone, in milliseconds: the first time, and once some has stayed. */
const patience = { first: 10_000, later: 100 } as const;

/** Finds what keeps this process from ending: timers, workers, sockets that nobody closed. */
export class OpenResources {
  #before = countResources();
  #hasLeaked = false;

  /** Whether anything has stayed open. */
  get hasLeaked(): boolean {
    return this.#hasLeaked;
  }

  /** Starts from what is open now. */
  reset(): void {
    this.#before = countResources();
  }

  /** Throws if more is open than at the last reset or check. */
  async check(): Promise<void> {
    const end = performance.now() + (this.#hasLeaked ? patience.later : patience.first);
    let left = this.#left();
    while (left.length > 0 && performance.now() < end) {
      await sleep(5, undefined, { ref: false });
      left = this.#left();
    }
    this.reset(); // a later case is not to be blamed for it
    if (left.length > 0) {
      this.#hasLeaked = true;
      throw new Error(
        `After close() something is still open that keeps the process running: ${left.join(', ')}.`,
      );
    }
  }

  #left(): readonly string[] {
    return [...countResources()]
      .filter(([name, count]) => count > (this.#before.get(name) ?? 0))
      .map(([name]) => name);
  }
}

function countResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  // Bun does not tell.
  for (const name of process.getActiveResourcesInfo?.() ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

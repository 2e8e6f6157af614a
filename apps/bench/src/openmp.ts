import { setTimeout } from 'node:timers/promises';

/** GNU's threads look 300 000 times, which took 6 to 10 ms. */
const milliseconds = 20;

/**
 * After a step, OpenMP's threads look for the next one for a while, at full load, and so slow whatever runs then. Peers
 * that use OpenMP are not done before that is over.
 */
export async function untilOpenMPSleeps(): Promise<void> {
  await setTimeout(milliseconds);
}

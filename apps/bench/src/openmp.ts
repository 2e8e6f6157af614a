import { setTimeout } from 'node:timers/promises';

/** GNU's looks 300 000 times: 6 to 10 ms where this was seen. */
const milliseconds = 20;

/**
 * After a step OpenMP's threads look for the next one for a while, at full load and so at the cost of whoever runs
 * then. Peers that use it are not done before that is over.
 */
export async function untilOpenMPSleeps(): Promise<void> {
  await setTimeout(milliseconds);
}

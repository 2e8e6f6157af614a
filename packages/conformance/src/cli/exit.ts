import process, { exit } from 'node:process';

/**
 * The backend conforms, the selected cases pass, or two backends are equal; not so; the suite could not start, or not
 * compare all. As shells have it: Ctrl-C.
 */
export const exitCodes = { passed: 0, failed: 1, cannotRun: 2, interrupted: 130 } as const;

/** Stops what runs and exits, when the user or the system says so. */
export function onInterrupt(stop: () => void): void {
  const interrupt = (): void => {
    stop();
    exit(exitCodes.interrupted);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
}

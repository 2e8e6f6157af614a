import { type Browser, chromium } from 'playwright';
import { findChromium } from './chromium.ts';

export interface LaunchOptions {
  /**
   * Whether a signal that asks this process to end closes the browser and ends the process. Without it, closing is the
   * caller's affair, who may have more to tidy up. Default true.
   */
  readonly endsOnSignals?: boolean;
}

/** Starts a Chromium without a window. Close it when done: nothing ends before it. */
export async function launch({ endsOnSignals = true }: LaunchOptions = {}): Promise<Browser> {
  const { executablePath, args, environment } = await findChromium();
  return chromium.launch({
    executablePath,
    args: [...args],
    timeout: 0, // how long a browser takes is for the caller to limit
    env: { ...definedEnvironment(), ...environment },
    handleSIGINT: endsOnSignals,
    handleSIGTERM: endsOnSignals,
    handleSIGHUP: endsOnSignals,
  });
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

import { type Browser, chromium } from 'playwright';
import { findChromium } from './chromium.ts';

/** Starts a Chromium without a window. Close it when done: nothing ends before it. */
export async function launch(): Promise<Browser> {
  const { executablePath, args, environment } = await findChromium();
  return chromium.launch({
    executablePath,
    args: [...args],
    env: { ...definedEnvironment(), ...environment },
  });
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

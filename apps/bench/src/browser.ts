import { type Browser, type JSHandle, launch, type LaunchOptions, openPage } from '@asgd/browser';
import { findAdapter } from './adapter.ts';
import type { Probe } from './contender.ts';
import { bundlePage } from './page-bundle.ts';
import type * as Contenders from './page/contenders.ts';

/** A browser with one page, which has the contenders. Only the browser needs closing. */
export interface Visit {
  readonly browser: Browser;
  readonly contenders: JSHandle<typeof Contenders>;
}

/**
 * Opens a page with the contenders in a Chromium without a window, on the adapter that Node uses. It is cross-origin
 * isolated: so it may have threads, and its clock moves in steps of 5 microseconds rather than 100.
 */
export async function visit(options: LaunchOptions = {}): Promise<Visit> {
  const [bundle] = await Promise.all([bundlePage(), settleAdapter()]);
  const browser = await launch(options);
  try {
    const page = await openPage(browser, { isolated: true, files: { '/contenders.js': bundle } });
    page.once('crash', () => void browser.close()); // which ends what waits for the page
    // As text, because what transforms this module (a bundler, a test runner) would transform an import too.
    const contenders = await page.evaluateHandle("import('/contenders.js')");
    return { browser, contenders: contenders as Visit['contenders'] };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Looking for Node's adapter decides which one browsers use. A browser may have one even if Node has none. */
async function settleAdapter(): Promise<void> {
  await findAdapter().catch(() => undefined);
}

/** What the contenders in a page answered, by id. */
export interface Answers {
  /** The browser and its version. */
  readonly browser: string;
  readonly probes: Readonly<Record<string, Probe>>;
}

let answers: Promise<Answers> | undefined;

/** Asks all contenders in a page whether they can be measured in it, in a browser that is closed after. Asks once. */
export function probeBrowser(): Promise<Answers> {
  answers ??= ask();
  return answers;
}

async function ask(): Promise<Answers> {
  const { browser, contenders } = await visit();
  try {
    const probes = await contenders.evaluate((page) => page.probeAll());
    return { browser: `Chromium ${browser.version()}`, probes };
  } finally {
    await browser.close();
  }
}

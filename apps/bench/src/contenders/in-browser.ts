import { probeBrowser, type Visit, visit } from '../browser.ts';
import type { Contender, Probe, Runner } from '../contender.ts';
import type { Workload } from '../workload.ts';

/** The name in a browser of a contender that is also measured in Node. */
export function idInBrowser(id: string): string {
  return `${id}-browser`;
}

/**
 * The same contender at work in a page in Chromium. It is driven from here, like a peer in another process, but has
 * its data there and times itself.
 * @param peers those that it is measured against
 */
export function inBrowser(contender: Contender, peers: readonly string[]): Contender {
  const { id, label } = contender;
  return {
    ...contender,
    id: idInBrowser(id),
    label: `${label}, Chromium`,
    ...(contender.product === undefined ? {} : { product: `${contender.product}, Chromium` }),
    peers,
    probe: () => probe(id),
    declines: (workload, quick) => tooMuch(workload, quick) ?? contender.declines(workload, quick),
    open: (workload, threads) => open(id, workload, threads),
    release,
  };
}

async function probe(id: string): Promise<Probe> {
  try {
    const { browser, probes } = await probeBrowser();
    const found = probes[id] ?? { available: false, reason: `the page has no ${id}` };
    if (found.available) return { ...found, version: `${found.version}, ${browser}` };
    return { ...found, reason: `${browser}: ${found.reason}` };
  } catch (error) {
    return { available: false, reason: messageOf(error) };
  }
}

const tooMuch: Contender['declines'] = ({ tensors, length, phase }, quick) =>
  quick && !(tensors === 1 && length === 2 ** 20 && phase === 'blending')
    ? 'in a browser a quick run has time for one size: 1 Mi, blending'
    : undefined;

/** One page for all workloads and contenders of this process. */
let opened: Promise<Visit> | undefined;

async function join(): Promise<Visit> {
  // Signals are heard by the process of the pairing, which has others to release as well.
  const visited = await visit({ endsOnSignals: false });
  visited.browser.once('disconnected', () => (opened = undefined)); // after a crash the next one gets a new page
  return visited;
}

async function release(): Promise<void> {
  const visited = await opened?.catch(() => undefined); // one that did not start left nothing
  opened = undefined;
  await visited?.browser.close();
}

async function open(id: string, workload: Workload, threads: number): Promise<Runner> {
  opened ??= join();
  const { contenders } = await opened;
  const runner = await told(
    contenders.evaluateHandle((page, work) => page.open(work.id, work.workload, work.threads), {
      id,
      workload,
      threads,
    }),
  );
  return {
    run: (steps) => told(runner.evaluate((inPage, count) => inPage.run(count), steps)),
    read: (tensor) => told(runner.evaluate((inPage, index) => inPage.read(index), tensor)),
    async close() {
      await told(runner.evaluate((inPage) => inPage.close()));
      await runner.dispose(); // which is what lets the page forget it
    },
  };
}

/** What went wrong in the page, without what was added on the way: `jsHandle.evaluate: …`, and a stack. */
async function told<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (cause) {
    throw new Error(`In the browser: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^\w+\.\w+: /, '').replace(/\n\s+at [^]*$/, '');
}

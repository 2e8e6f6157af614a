// Races the backends, or certifies one, away from the page.
import { allCases, type Report, run, type Shard, type Subject, summarize } from '@asgd/conformance';
import type { Capabilities } from '@asgd/core';
import type { BackendName } from '../best-backend.ts';
import { openBackend } from './open-backend.ts';
import { type Lap, race } from './race.ts';

export type TrialRequest =
  | { readonly type: 'race'; readonly length: number; readonly duration: number }
  | { readonly type: 'certify'; readonly backend: BackendName; readonly shard: Shard | null };

export type TrialReport =
  | { readonly type: 'lap'; readonly lap: Lap }
  | { readonly type: 'raced' }
  | { readonly type: 'opened'; readonly capabilities: Capabilities }
  | { readonly type: 'progress'; readonly done: number; readonly of: number; readonly failed: number }
  | { readonly type: 'certified'; readonly report: Report; readonly summary: string }
  | { readonly type: 'failed'; readonly message: string };

const tell = (report: TrialReport): void => postMessage(report);

addEventListener('message', ({ data }: MessageEvent<TrialRequest>) => {
  void (async () => {
    try {
      await (data.type === 'race' ? hold(data.length, data.duration) : certify(data.backend, data.shard));
    } catch (error) {
      tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  })();
});

async function hold(length: number, duration: number): Promise<void> {
  await race(length, duration, (lap) => tell({ type: 'lap', lap }));
  tell({ type: 'raced' });
}

async function certify(name: BackendName, shard: Shard | null): Promise<void> {
  const backend = await openBackend(name);
  tell({ type: 'opened', capabilities: backend.capabilities });
  await backend.close();
  const of = Math.ceil(
    (await allCases()).filter(({ isThorough }) => isThorough !== true).length / (shard?.count ?? 1),
  );
  let done = 0;
  let failed = 0;
  let toldAt = 0;
  const report = await run(await subjectOf(name), {
    ...(shard === null ? {} : { shard }),
    onRow({ outcome }) {
      done++;
      if (outcome === 'fail') failed++;
      const now = performance.now();
      if (now - toldAt < 100) return;
      toldAt = now;
      tell({ type: 'progress', done, of, failed });
    },
  });
  tell({ type: 'certified', report, summary: summarize(report) });
}

/** On a GPU all cases share a device: to request one for each of thousands of cases would take minutes. */
async function subjectOf(name: BackendName): Promise<Subject> {
  if (name !== 'webgpu') return { name, open: () => openBackend(name) };
  const { webgpu } = await import('@asgd/webgpu');
  const subject: Subject<Awaited<ReturnType<typeof webgpu>>> = {
    name,
    open: ({ device }) => webgpu({ device }),
    engine: { start: () => webgpu(), stop: (owner) => owner.close() },
  };
  return subject as Subject;
}

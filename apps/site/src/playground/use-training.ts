import { computed, onBeforeUnmount, ref, shallowRef } from 'vue';
import type { Capabilities } from '@asgd/core';
import type { Point } from '../noisy-quadratic.ts';
import type { ChartPoint } from './line-chart.ts';
import type { LinearData } from './linear-problem.ts';
import type { ExportFormat, Look, TrainingReport, TrainingRequest } from './messages.ts';
import { type Options, optionsOf, type Settings } from './settings.ts';
import { startTrainingWorker } from './workers.ts';

export type TrainingState = 'idle' | 'running' | 'paused' | 'done';

/** A run in a worker, and what it has shown so far. */
export function useTraining() {
  const state = ref<TrainingState>('idle');
  const problem = ref('');
  const capabilities = shallowRef<Capabilities>();
  const looks = shallowRef<readonly Look[]>([]);
  let worker: Worker | undefined;

  const last = computed(() => looks.value.at(-1));
  const losses = computed(() => pointsOf((side) => side.score.loss));
  const errors = computed(() => pointsOf((side) => side.score.error ?? NaN));
  const placesOf = (which: 'iterate' | 'average'): Point[] =>
    looks.value.map((look) => [look[which].values[0]?.[0] ?? NaN, look[which].values[0]?.[1] ?? NaN]);

  function pointsOf(read: (side: Look['iterate']) => number): ChartPoint[] {
    return looks.value.map((look) => ({
      step: look.step,
      iterate: read(look.iterate),
      average: read(look.average),
    }));
  }

  const ask = (request: TrainingRequest): void => worker?.postMessage(request);

  function start(settings: Settings, data: LinearData | null): void {
    stop();
    worker = startTrainingWorker();
    worker.addEventListener('message', ({ data: report }: MessageEvent<TrainingReport>) => hear(report));
    worker.addEventListener('error', ({ message }) => hear({ type: 'failed', message }));
    state.value = 'running';
    ask({ type: 'train', backend: settings.backend, options: optionsOf(settings), data });
  }

  function hear(report: TrainingReport): void {
    switch (report.type) {
      case 'opened':
        capabilities.value = report.capabilities;
        return;
      case 'looked':
        looks.value = [...looks.value, withoutOldValues(report.look)];
        return;
      case 'done':
        state.value = 'done';
        return;
      case 'exported':
        save(report.name, report.bytes);
        return;
      case 'failed':
        problem.value = report.message;
        if (state.value === 'running') state.value = 'done';
    }
  }

  /** Large models are kept for the last look only. */
  function withoutOldValues(look: Look): Look {
    const before = looks.value.at(-1);
    const isLarge = (look.iterate.values[0]?.length ?? 0) > 2;
    if (before && isLarge) {
      const kept = {
        ...before,
        iterate: { ...before.iterate, values: [] },
        average: { ...before.average, values: [] },
      };
      looks.value = [...looks.value.slice(0, -1), kept];
    }
    return look;
  }

  function stop(): void {
    worker?.terminate();
    worker = undefined;
    state.value = 'idle';
    problem.value = '';
    looks.value = [];
    capabilities.value = undefined;
  }

  onBeforeUnmount(stop);
  return {
    state,
    problem,
    capabilities,
    looks,
    last,
    losses,
    errors,
    placesOf,
    start,
    stop,
    pause() {
      state.value = 'paused';
      ask({ type: 'pause' });
    },
    resume() {
      state.value = 'running';
      ask({ type: 'resume' });
    },
    change: (options: Options) => ask({ type: 'options', options }),
    exportAs: (format: ExportFormat) => ask({ type: 'export', format }),
  };
}

/** Hands a file to the browser, to be saved. */
export function save(name: string, bytes: Uint8Array<ArrayBuffer> | string): void {
  const url = URL.createObjectURL(new Blob([bytes]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun, or the browser has asked; it needs the address a moment longer.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

import type { Capabilities } from '@asgd/core';
import type { BackendName } from '../best-backend.ts';
import type { LinearData } from './linear-problem.ts';
import type { Score } from './problem.ts';
import type { Options } from './settings.ts';

/** What the page asks of the worker that trains. */
export type TrainingRequest =
  | {
      readonly type: 'train';
      readonly backend: BackendName;
      readonly options: Options;
      /** Without data, the noisy quadratic. */
      readonly data: LinearData | null;
    }
  | { readonly type: 'options'; readonly options: Options }
  | { readonly type: 'pause' | 'resume' }
  | { readonly type: 'export'; readonly format: ExportFormat };

export type ExportFormat = 'pt' | 'safetensors' | 'json';

/** What the worker that trains tells. */
export type TrainingReport =
  | { readonly type: 'opened'; readonly capabilities: Capabilities }
  | { readonly type: 'looked'; readonly look: Look }
  | { readonly type: 'done' }
  | { readonly type: 'exported'; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'failed'; readonly message: string };

/** What training has come to. */
export interface Look {
  readonly step: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly isAveraging: boolean;
  readonly iterate: Side;
  readonly average: Side;
  /** How long `optimizer.step()` kept the thread, in milliseconds: the median since the last look. */
  readonly stepTime: number;
}

/** The iterate, or the average. */
export interface Side {
  readonly score: Score;
  readonly values: readonly Float32Array[];
}

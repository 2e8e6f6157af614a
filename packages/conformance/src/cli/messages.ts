import type { Declared } from '../execute.ts';
import type { About } from '../examination.ts';
import type { Observed } from '../observe.ts';
import type { Outcome } from '../runner.ts';

/** What the command asks the process of a subject to do. */
export type Request =
  | {
      readonly kind: 'load';
      readonly module: string;
      readonly exportName: string | undefined;
      readonly directory: string;
      readonly timeout: number;
      readonly seed: number;
    }
  | { readonly kind: 'inspect' }
  | { readonly kind: 'run'; readonly ids: readonly string[] }
  | { readonly kind: 'record'; readonly id: string };

/** What the process answers. */
export type Answer =
  | { readonly kind: 'loaded'; readonly about: About }
  | { readonly kind: 'not-loaded'; readonly message: string }
  | { readonly kind: 'inspected'; readonly found: Declared | string }
  | { readonly kind: 'observed'; readonly observed: readonly Observed[] }
  | { readonly kind: 'case-ended'; readonly outcome: Outcome }
  | { readonly kind: 'ended'; readonly problems: readonly string[] };

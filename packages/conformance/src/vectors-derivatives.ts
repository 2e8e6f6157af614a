import type { RealArray } from '@asgd/core';
import type { Schedule } from './reference.ts';
import { realOf } from './rounding.ts';
import { decodeReals, decodeTrace, type RecordedTrace, type StoredTrace } from './vectors.ts';

// tools/golden makes the file; vectors/README.md describes its format.

/** A trace with a loss at its end. Every parameter states its dtype. */
export interface StoredDerivativeTrace extends StoredTrace {
  readonly start?: readonly (Schedule & { readonly ax: string })[];
  readonly hessians?: readonly (string | null)[];
  readonly loss: { readonly parameters: Texts; readonly averages: Texts };
  readonly derivatives: Derivatives<string>;
  readonly magnitudes: Derivatives<number>;
}

type Texts = readonly (string | null)[];

/** Of a loss, by what a trace starts from. */
interface Derivatives<Tensor> {
  readonly parameters: readonly (Tensor | null)[];
  /** `null`: the trace does not start with one. */
  readonly averages: readonly (Tensor | null)[];
  /** By step. */
  readonly gradients: readonly (readonly (Tensor | null)[])[];
  /** By group. */
  readonly options: readonly Readonly<Record<OptionName, number>>[];
}

export type OptionName = 'lr' | 'lambd' | 'weightDecay';

export interface DerivativeTrace extends RecordedTrace {
  /** The state of every parameter before the first step, or of none. */
  readonly start: readonly (Schedule & { readonly ax: RealArray })[];
  /** By parameter, the matrix H of its gradients H p + constants, row by row. */
  readonly hessians: readonly (RealArray | null)[];
  /** What the loss is the inner products with. */
  readonly loss: { readonly parameters: Reals; readonly averages: Reals };
  readonly derivatives: Derivatives<RealArray>;
  /** What rounding errors are measured by. */
  readonly magnitudes: Derivatives<number>;
}

type Reals = readonly (RealArray | null)[];

export async function loadDerivativeTraces(): Promise<readonly StoredDerivativeTrace[]> {
  const { default: file } = await import('../vectors/derivatives.json', { with: { type: 'json' } });
  return (file as unknown as { readonly traces: readonly StoredDerivativeTrace[] }).traces;
}

/** Reads a stored trace. */
export function decodeDerivativeTrace(stored: StoredDerivativeTrace): DerivativeTrace {
  const trace = decodeTrace(stored, 'float32');
  const decode = (text: string, index: number): RealArray =>
    decodeReals(text, realOf(trace.parameters[index]?.dtype ?? 'float32'));
  const decodeAll = (texts: Texts): Reals =>
    texts.map((text, index) => (text === null ? null : decode(text, index)));
  const { start = [], hessians = [], loss, derivatives, magnitudes } = stored;
  return {
    ...trace,
    start: start.map(({ ax, ...schedule }, index) => ({ ...schedule, ax: decode(ax, index) })),
    hessians: decodeAll(hessians),
    loss: { parameters: decodeAll(loss.parameters), averages: decodeAll(loss.averages) },
    derivatives: {
      parameters: decodeAll(derivatives.parameters),
      averages: decodeAll(derivatives.averages),
      gradients: derivatives.gradients.map(decodeAll),
      options: derivatives.options,
    },
    magnitudes,
  };
}

import type { LrTensor } from './run-trace.ts';
import { decodeTrace, type RecordedParameter, type RecordedTrace, type StoredTrace } from './vectors.ts';

// tools/golden makes the file; vectors/README.md describes its format.

/** A trace whose schedule PyTorch also computed with tensors. Every parameter states its dtype. */
export interface StoredTensorTrace extends StoredTrace {
  /** The values are in the options of the groups. */
  readonly learningRates: readonly LrTensor[];
  readonly steps: readonly StoredTensorStep[];
}

type StoredStep = StoredTrace['steps'][number];

interface StoredTensorStep extends StoredStep {
  readonly onTensors: Pick<StoredStep, 'parameters' | 'state'>;
}

/** A trace that was recorded twice. */
export interface TensorTrace extends RecordedTrace {
  readonly learningRates: readonly LrTensor[];
  /** PyTorch's results with the schedule in tensors; `recorded` has those with plain options. */
  readonly recordedOnTensors: readonly (readonly RecordedParameter[])[];
}

export async function loadTensorTraces(): Promise<readonly StoredTensorTrace[]> {
  const { default: file } = await import('../vectors/tensors.json', { with: { type: 'json' } });
  return (file as unknown as { readonly traces: readonly StoredTensorTrace[] }).traces;
}

/** Reads a stored trace. */
export function decodeTensorTrace(stored: StoredTensorTrace): TensorTrace {
  const onTensors = { ...stored, steps: stored.steps.map((step) => ({ ...step, ...step.onTensors })) };
  return {
    ...decodeTrace(stored, 'float32'),
    learningRates: stored.learningRates,
    recordedOnTensors: decodeTrace(onTensors, 'float32').recorded,
  };
}

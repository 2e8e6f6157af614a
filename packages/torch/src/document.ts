import type { Budget } from './limits.ts';
import type { Placement } from './tensor.ts';

/** A storage in a file. */
export interface StoredValues {
  /** As `inspect` names it. */
  readonly name: string;
  readonly bytes: number;
  readonly littleEndian: boolean;
  /** All of its bytes, in new memory, checked if the format has a checksum. */
  read(budget: Budget): Promise<Uint8Array<ArrayBuffer>>;
  /** Some of its bytes. */
  readPart(from: number, length: number, budget: Budget): Promise<Uint8Array<ArrayBuffer>>;
}

/** A tensor in a file, without its values. The same object stands for it wherever it occurs. */
export interface StoredTensor {
  readonly placement: Placement;
  readonly storage: StoredValues;
}

/** An open checkpoint. */
export interface Document {
  readonly format: CheckpointFormat;
  /** Texts that a safetensors file has besides its tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was saved, with a replacement for each tensor. */
  contents(tensorOf: (tensor: StoredTensor) => unknown): unknown;
}

/** `'pt'`: what `torch.save` writes, usually named .pt or .pth. */
export type CheckpointFormat = 'pt' | 'safetensors';

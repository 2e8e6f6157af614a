import * as tf from '@tensorflow/tfjs';
import { layout } from './digits-layout.ts';

/** Images of shape [count, pixels], from 0 to 1, and labels of shape [count, classes]. */
export interface Digits {
  readonly images: tf.Tensor2D;
  readonly labels: tf.Tensor2D;
}

/** Fetches the digits' bytes. */
export async function fetchDigits(): Promise<Uint8Array> {
  const response = await fetch(layout.file);
  const { ok, status } = response;
  if (!ok) throw new Error(`The digits could not be loaded: ${layout.file} gave ${status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The digits as tensors of the current backend. The caller disposes of them. */
export function tensorsOf(bytes: Uint8Array): { readonly training: Digits; readonly heldOut: Digits } {
  const { training, heldOut } = layout;
  return { training: cut(bytes, 0, training), heldOut: cut(bytes, training, heldOut) };
}

function cut(bytes: Uint8Array, start: number, count: number): Digits {
  const { side, classes } = layout;
  const pixels = side ** 2;
  const values = Float32Array.from(
    bytes.subarray(start * pixels, (start + count) * pixels),
    (byte) => byte / 255,
  );
  const labels = Int32Array.from({ length: count }, (_, index) => (start + index) % classes);
  return {
    images: tf.tensor2d(values, [count, pixels]),
    labels: tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat() as tf.Tensor2D),
  };
}

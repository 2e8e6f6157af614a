import type { Capabilities } from '@asgd/core';
import type { BackendName } from '../best-backend.ts';
import type { Lap } from './race.ts';

/** What a backend does with products and with subnormal numbers, in a sentence. */
export function roundingWords(backend: BackendName, { contraction, subnormals }: Capabilities): string {
  const who = backend === 'webgpu' ? 'This GPU' : `The ${backend} backend`;
  const products =
    contraction === 'never'
      ? 'rounds every product before it is added'
      : 'may fuse a product with the sum that follows';
  const small = subnormals === 'keep' ? 'keeps subnormal numbers' : 'replaces subnormal numbers with zero';
  return `${who} ${products}, and ${small}. ${bitWords(contraction, subnormals)}`;
}

function bitWords(contraction: Capabilities['contraction'], subnormals: Capabilities['subnormals']): string {
  if (contraction === 'may') return 'So its last bits may differ from the CPU’s, as the specification says.';
  return subnormals === 'keep'
    ? 'So it gives the bits that the specification defines.'
    : 'So it gives the CPU’s bits, except that numbers below 1.2e-38 may be 0.';
}

/** How many threads the backend wasm starts by default where it may start any: one for each core, eight at most. */
export function threadsIfIsolated(cores: number): number {
  return Math.max(1, Math.min(cores, 8));
}

/** How many threads a backend has, and why not more. */
export function threadWords({ threads, threadsReason }: Capabilities): string {
  const count = threads === 1 ? 'One thread' : `${threads} threads`;
  return threadsReason === undefined ? `${count}.` : `${count}: ${threadsReason}`;
}

/** `0.42`, `3.1e-5` */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) < 0.001 && value !== 0
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}

/** `8.2 %` */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${Number((100 * share).toPrecision(share < 0.1 ? 2 : 3))} %` : '–';
}

/** `31 µs a step, 2 threads`: a GPU has no threads to speak of. */
export function lapWords({ backend, time, threads }: Extract<Lap, { readonly time: number }>): string {
  const step = `${duration(time)} a step`;
  return backend === 'webgpu' ? step : `${step}, ${threads} thread${threads === 1 ? '' : 's'}`;
}

/** `0.42 ms`, `31 µs` */
export function duration(milliseconds: number): string {
  if (milliseconds >= 1) return `${milliseconds.toFixed(milliseconds >= 100 ? 0 : 1)} ms`;
  return `${Number((1000 * milliseconds).toPrecision(2))} µs`;
}

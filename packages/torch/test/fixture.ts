import type { TorchDType } from '../src/index.ts';

/** A tensor as PyTorch sees it: its bytes row by row, little-endian, or the checksum of these. */
export interface ExpectedTensor {
  readonly dtype: TorchDType;
  readonly shape: readonly number[];
  readonly base64?: string;
  readonly sha256?: string;
}

interface Manifest {
  readonly files: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, Readonly<Record<string, ExpectedTensor>>>>;
}

const here = import.meta.url;

/** A file that PyTorch wrote, by tools/golden, or (written/…) that this package did. */
export async function fixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(`fixtures/${name}`, here);
  if (url.protocol === 'file:') {
    const { readFile } = await import(/* @vite-ignore */ 'node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

export async function manifest(): Promise<Manifest> {
  return JSON.parse(new TextDecoder().decode(await fixture('manifest.json'))) as Manifest;
}

import { CheckpointError } from '../errors.ts';

/** Python's integers can have any length, but we limit those of a checkpoint. */
const mostBytes = 1024;

/** A little-endian integer in two's complement: a number where that is exact, else a bigint. */
export function integerOf(bytes: Uint8Array): number | bigint {
  if (bytes.length > mostBytes) {
    throw new CheckpointError(
      `The pickle has an integer of ${bytes.length} bytes: expected at most ${mostBytes}.`,
    );
  }
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  const signed = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

/** The shortest little-endian two's complement of an integer. */
export function bytesOf(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const lowest = BigInt.asIntN(8, rest);
    bytes.push(Number(BigInt.asUintN(8, rest)));
    rest >>= 8n;
    if (rest === (lowest < 0n ? -1n : 0n)) return Uint8Array.from(bytes);
  }
}

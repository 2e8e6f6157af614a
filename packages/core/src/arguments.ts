import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';

// What plain JavaScript hands over may be anything, and from another realm (an iframe, a test runner's sandbox), whose
// objects are no `instanceof` of ours. So things are told by what they can do.

/** Whether properties can be asked for: an object of any kind, an array included. */
export function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether it can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = isRecord(value) || typeof value === 'function';
  return isObject && typeof (value as { readonly then?: unknown }).then === 'function';
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return isRecord(value) && typeof value[Symbol.iterator] === 'function';
}

/** What there is to be iterated. @throws ArgumentError when it only looks as if it could be, as a Proxy of a Map does */
export function listOf<Item>(items: Iterable<Item>, what: string): Item[] {
  try {
    return [...items];
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ArgumentError(`${what} are ${describe(items)} that cannot be iterated: ${cause.message}`, {
      cause,
    });
  }
}

const sizeOfMap = Object.getOwnPropertyDescriptor(Map.prototype, 'size')?.get;

export function isMap(value: unknown): boolean {
  try {
    sizeOfMap?.call(value); // throws for everything else, a Proxy of a map included
    return true;
  } catch {
    return false;
  }
}

/** Throws unless an argument that holds options is an object with names in it. @throws ArgumentError */
export function checkOptionsObject(given: unknown, of: string, example: string): void {
  if (isRecord(given) && !Array.isArray(given) && !ArrayBuffer.isView(given)) return;
  throw new ArgumentError(
    `The options of ${of} are ${describe(given)}: expected an object, as in ${example}.`,
  );
}

import { describe } from './describe.ts';
import { ArgumentError } from './errors.ts';

// Plain JavaScript may pass anything, even from another realm (an iframe, a test runner's sandbox), where `instanceof`
// fails. So these checks ask what a value can do.

/** Whether it has properties: it is an object of any kind, such as an array. */
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

/** The items in an array. @throws ArgumentError when they only look iterable, as a Proxy of a Map does */
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

/** Throws unless the options are an object with named properties. @throws ArgumentError */
export function checkOptionsObject(given: unknown, of: string, example: string): void {
  if (isRecord(given) && !Array.isArray(given) && !ArrayBuffer.isView(given)) return;
  throw new ArgumentError(
    `The options of ${of} are ${describe(given)}: expected an object, as in ${example}.`,
  );
}

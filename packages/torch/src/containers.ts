/** The contents of a container in a checkpoint, each with its place in it; `undefined` if it is not a container. */
export function childrenOf(value: unknown): Iterable<[place: unknown, child: unknown]> | undefined {
  if (Array.isArray(value)) return (value as unknown[]).entries();
  if (value instanceof Map) return value as Map<unknown, unknown>;
  if (value instanceof Set) return [...(value as Set<unknown>)].entries();
  return isPlainObject(value) ? Object.entries(value) : undefined;
}

/** Whether something is a plain object, as `{}` makes them, from this realm or another. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The name of an item in a container of this name. */
export function nameIn(container: string, place: unknown): string {
  return container === '' ? String(place) : `${container}.${String(place)}`;
}

/**
 * Every object that `find` picks, named by the keys that lead to it: `model.fc.weight`, `optimizer.state.0.ax`. A
 * container that occurs in several places is searched only at the first.
 */
export function findNamed<Found extends object>(
  root: unknown,
  find: (value: unknown) => value is Found,
): { readonly name: string; readonly found: Found }[] {
  const named: { name: string; found: Found }[] = [];
  const seen = new Set<unknown>();
  // Not recursive: deep nesting in an untrusted file would overflow the stack.
  const pending: { name: string; value: unknown }[] = [{ name: '', value: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name, value } = next;
    if (find(value)) {
      named.push({ name, found: value });
      continue;
    }
    const children = seen.has(value) ? undefined : childrenOf(value);
    if (children === undefined) continue;
    seen.add(value);
    const objects: typeof pending = [];
    for (const [place, child] of children) {
      if (typeof child === 'object' && child !== null) {
        objects.push({ name: nameIn(name, place), value: child });
      }
    }
    for (const object of objects.toReversed()) pending.push(object);
  }
  return named;
}

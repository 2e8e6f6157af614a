import { isPlainObject } from '../containers.ts';
import { CheckpointError } from '../errors.ts';
import { loadCheckpoint } from '../open.ts';

/** The contents of a file, or the part at some keys, separated by dots. @throws CheckpointError for a missing key */
export async function loadPart(file: string, key: string | undefined): Promise<unknown> {
  const whole: unknown = await loadCheckpoint(file);
  if (key === undefined) return whole;
  const part = find(whole, key);
  if (part !== undefined) return part;
  const keys = isPlainObject(whole)
    ? `it has ${Object.keys(whole).join(', ')}`
    : 'it does not hold a dictionary';
  throw new CheckpointError(`${file} has no key '${key}': ${keys}.`);
}

function find(value: unknown, key: string): unknown {
  if (!isPlainObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value[key];
  // A key may contain dots itself, as names of tensors do.
  for (let dot = key.indexOf('.'); dot !== -1; dot = key.indexOf('.', dot + 1)) {
    const first = key.slice(0, dot);
    const found = Object.hasOwn(value, first) ? find(value[first], key.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

import { isRecord } from './arguments.ts';
import { describe } from './describe.ts';
import { arrayType, type RealArray, type RealDType } from './dtype.ts';
import { StateDictError } from './errors.ts';

// JSON has no typed arrays, and turns −0 into 0, and NaN and the infinities into null. So the parts of a state
// dictionary have a method toJSON: values become the base64 of their bytes, little-endian, and a number that JSON lacks
// becomes { "$number": "-0" }. The method is not enumerable, and a clone does not have it.

const lacking = new Map<string, number>([
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** The object, with a toJSON that keeps every number: {@link fromJson} restores them. */
export function withJson<Plain extends object>(plain: Plain, where: string): Plain {
  return withMethod(plain, () => toJson({ ...plain }, where));
}

/** The values, with a toJSON that keeps every bit: {@link valuesFromJson} restores them. */
export function valuesWithJson(values: RealArray): RealArray {
  return withMethod(values, () => base64Of(values));
}

function withMethod<Value extends object>(value: Value, toJSON: () => unknown): Value {
  return Object.defineProperty(value, 'toJSON', { value: toJSON, configurable: true });
}

function toJson(value: unknown, where: string): unknown {
  if (typeof value === 'number') {
    const isLacking = Object.is(value, -0) || !Number.isFinite(value);
    return isLacking ? { $number: Object.is(value, -0) ? '-0' : String(value) } : value;
  }
  if (Array.isArray(value)) return Array.from(value, (item, at) => itemToJson(item, `${where}[${at}]`));
  if (isPlain(value)) return mapValues(value, (item, key) => toJson(item, `${where}.${key}`));
  if (typeof value === 'bigint' || (isRecord(value) && value['toJSON'] === undefined)) refuse(value, where);
  return value;
}

function itemToJson(item: unknown, where: string): unknown {
  return item === undefined ? refuse(item, where) : toJson(item, where);
}

function refuse(value: unknown, where: string): never {
  throw new StateDictError(
    `JSON cannot hold ${where}, which is ${describe(value)}: keep only plain objects, arrays, text, numbers, booleans ` +
      `and null in extra, or save the dictionary where structuredClone works, such as in IndexedDB.`,
  );
}

/** Restores what {@link withJson} encoded, from the result of JSON.parse. Everything else stays as it is. */
export function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, fromJson);
  if (!isPlain(value)) return value;
  const { $number: name } = value;
  if (typeof name === 'string' && lacking.has(name) && Object.keys(value).length === 1) {
    return lacking.get(name);
  }
  return mapValues(value, fromJson);
}

/** Whether it is a plain object, from any realm. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function mapValues(plain: Record<string, unknown>, change: (item: unknown, key: string) => unknown): object {
  return Object.fromEntries(Object.entries(plain).map(([key, item]) => [key, change(item, key)]));
}

/** Bytes per call, since a call can take only so many arguments. */
const chunk = 2 ** 13;

function base64Of(values: RealArray): string {
  const size = values.BYTES_PER_ELEMENT;
  const view = new DataView(new ArrayBuffer(values.length * size));
  if (values instanceof Float32Array) values.forEach((value, at) => view.setFloat32(at * size, value, true));
  else values.forEach((value, at) => view.setFloat64(at * size, value, true));
  const parts: string[] = [];
  for (let start = 0; start < view.byteLength; start += chunk) {
    const length = Math.min(chunk, view.byteLength - start);
    parts.push(String.fromCharCode(...new Uint8Array(view.buffer, start, length)));
  }
  return btoa(parts.join(''));
}

/** @throws StateDictError */
export function valuesFromJson(text: string, dtype: RealDType): RealArray {
  const view = new DataView(bytesOf(text));
  const Values = arrayType(dtype);
  const size = Values.BYTES_PER_ELEMENT;
  if (view.byteLength % size !== 0) {
    throw new StateDictError(
      `Its values are ${view.byteLength} bytes in base64: expected ${size} for each ${dtype}.`,
    );
  }
  const values = new Values(view.byteLength / size);
  for (let at = 0; at < values.length; at++) {
    values[at] = dtype === 'float32' ? view.getFloat32(at * size, true) : view.getFloat64(at * size, true);
  }
  return values;
}

function bytesOf(text: string): ArrayBuffer {
  try {
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
    return bytes.buffer;
  } catch (cause) {
    throw new StateDictError(
      'Its values are text that is not base64: expected numbers, or what JSON.stringify made of them.',
      {
        cause,
      },
    );
  }
}

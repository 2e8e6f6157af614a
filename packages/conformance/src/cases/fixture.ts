import {
  ASGD,
  type Backend,
  type Options,
  type Parameter,
  type ParamGroup,
  type RealArray,
  type Tensor,
} from '@asgd/core';
import { countAssertion } from '../assertions.ts';
import { anyDType } from './define.ts';
import { describe, expect } from './expect.ts';

/** An optimizer after three updates of its only parameter: average and iterate differ. */
export interface Fixture {
  readonly parameter: Parameter;
  readonly gradient: Tensor;
  readonly optimizer: ASGD;
}

/** The options of a {@link Fixture}: under them its updates are exact in any precision. */
export const fixtureOptions: Readonly<Partial<Options>> = { lr: 0.5, lambd: 0, t0: 0 };

/** Starts at [1, 2, 3]; three steps of −0.5·[2, 4, 6] lead to [-2, -4, -6], with the average [-1.5, -3, -4.5]. */
export function averagedFixture(backend: Backend, options: Partial<Options> = {}): Fixture {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1, 2, 3], { dtype });
  const gradient = backend.tensor([2, 4, 6], { dtype });
  const optimizer = new ASGD([parameter], { ...fixtureOptions, ...options });
  parameter.grad = gradient;
  for (let update = 0; update < 3; update++) optimizer.step();
  return { parameter, gradient, optimizer };
}

/** Fails unless `call` leaves the optimizer, its parameters and their gradients exactly as they were. */
export async function expectUnchanged(optimizer: ASGD, what: string, call: () => unknown): Promise<void> {
  const before = await snapshot(optimizer);
  await call();
  expectEqual(await snapshot(optimizer), before, `${what} should change nothing, but`);
}

async function snapshot(optimizer: ASGD): Promise<unknown> {
  const parameters = optimizer.paramGroups.flatMap((group: ParamGroup) => group.params);
  return {
    swapped: optimizer.swapped,
    dict: await optimizer.stateDict(),
    values: await Promise.all(parameters.map(valuesOf)),
    gradients: parameters.map(({ grad }) => grad),
    gradientValues: await Promise.all(parameters.map(({ grad }) => valuesOf(grad))),
  };
}

async function valuesOf(tensor: Tensor | null): Promise<RealArray | null | 'disposed'> {
  return tensor?.disposed ? 'disposed' : (tensor?.read() ?? null);
}

/** Fails unless two plain values are equal all the way down, numbers by their bits; class instances by identity. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  countAssertion();
  if (Object.is(actual, expected) || haveSameBits(actual, expected)) return;
  const entries = entriesOf(expected);
  const given = entriesOf(actual);
  expect(
    entries !== undefined && given !== undefined,
    `${what} it is ${describe(actual)}; expected ${describe(expected)}.`,
  );
  const keys = [...new Set([...Object.keys(entries), ...Object.keys(given)])];
  for (const key of keys) expectEqual(given[key], entries[key], `${what} .${key}`);
}

/** Whether both are typed arrays of one type and the same bits. For long ones, entries take seconds. */
function haveSameBits(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return false;
  if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return false;
  const unit = [a, b].every(({ byteLength, byteOffset }) => byteLength % 4 === 0 && byteOffset % 4 === 0)
    ? 4
    : 1;
  const [first, second] = [unitsOf(a, unit), unitsOf(b, unit)];
  for (let index = 0; index < first.length; index++) if (first[index] !== second[index]) return false;
  return true;
}

/** Words where they can be had, for a loop: bytes and callbacks take twenty times as long. */
function unitsOf({ buffer, byteOffset, byteLength }: ArrayBufferView, unit: 1 | 4): Uint32Array | Uint8Array {
  return unit === 4
    ? new Uint32Array(buffer, byteOffset, byteLength / 4)
    : new Uint8Array(buffer, byteOffset, byteLength);
}

/** The entries of a plain object or an array; undefined for everything else. */
function entriesOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  return isPlain || Array.isArray(value) || ArrayBuffer.isView(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

import { AsgdError, type Backend, type Tensor } from '@asgd/core';
import type { Case, Context, Operation } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { describe, expect, expectSame } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import { type Life, type LifeName, lives } from './lives.ts';

// Every life is lived once without a failure. Then it is lived with the first operation of a kind failing, with the
// second, and so on, until nothing fails any more. What fails must leave everything as it was and succeed when it is
// repeated, so that the life ends with the same bits.

/** Of each tensor. Small, so that backends whose tensors share blocks of memory have them one after another. */
const length = 5;

/** No life has as many operations of a kind. */
const most = 200;

/** What a tensor holds that takes no part. */
const beside = [7, 8, 9];

const combinations: readonly (readonly [Operation, LifeName])[] = [
  ['allocate', 'tensors'],
  ['allocate', 'training'],
  ['allocate', 'checkpoint'],
  ['allocate', 'recording'],
  ['write', 'tensors'],
  ['write', 'training'],
  ['write', 'checkpoint'],
  ['read', 'tensors'],
  ['read', 'checkpoint'],
  ['read', 'recording'],
  ['copy', 'training'],
  ['copy', 'checkpoint'],
  ['copy', 'recording'],
  ['step', 'training'],
  ['step', 'recording'],
  ['step', 'functional'],
];

export const operations: readonly Case[] = combinations.map(([operation, name]) =>
  define(`failures/${operation}/${name}`, 'Failures', (context) => failOneByOne(context, operation, name), {
    failures: [`failNext.${operation}`],
  }),
);

async function failOneByOne(context: Context, operation: Operation, name: LifeName): Promise<void> {
  const looks = await liveUndisturbed(await context.open(), name);
  let nth = 1;
  while (await liveWithFailure(context, operation, nth, name, looks)) {
    nth++;
    expect(nth <= most, `failNext.${operation} fails again and again, though it was asked for one failure.`);
  }
  expect(nth > 1, `failNext.${operation} made nothing fail.`);
}

/** What there is to see before each call, and at the end. */
async function liveUndisturbed(backend: Backend, name: LifeName): Promise<readonly unknown[]> {
  const { calls, look } = await lives[name](backend, length);
  const looks = [await look()];
  for (const call of calls) {
    await call();
    looks.push(await look());
  }
  await backend.close();
  return looks;
}

/** Whether anything has failed. */
async function liveWithFailure(
  { open, failNext }: Context,
  operation: Operation,
  nth: number,
  name: LifeName,
  looks: readonly unknown[],
): Promise<boolean> {
  const backend = await open();
  const bystander = backend.tensor(beside, { dtype: anyDType(backend) });
  const { calls, look } = await lives[name](backend, length);
  await backend.synchronize();
  await failNext(operation, backend, nth);
  let hasFailed = false;
  let isLost = false;
  for (const [index, call] of calls.entries()) {
    const what = `Call ${index + 1} of '${name}', in which ${operation} number ${nth} fails,`;
    const { thrown, isRejection } = await attempt(call);
    const reported = await errorOf(() => backend.synchronize());
    const error = reported ?? thrown; // what comes of a failure may be an error too, and comes after it
    if (error === undefined) continue;
    expect(!hasFailed, `${what} fails once more: ${describeFailure(error)}`);
    hasFailed = true;
    checkKind(error, operation, what);
    if (reported !== undefined) {
      // A call that waits for values has rejected because they are unknown. No other one knows of anything yet.
      expect(
        thrown === undefined || (isRejection && operation !== 'read'),
        `${what} threw, and synchronize() rejected too: ${describeFailure(reported)}`,
      );
      isLost = true;
      const rest = thrown === undefined ? calls.slice(index + 1) : [];
      const seen = looks.slice(thrown === undefined ? index + 1 : index);
      await expectNothingWrong(backend, { calls: rest, look }, seen, what);
      break;
    }
    expectEqual(await look(), looks[index], `${what} should have changed nothing, but`);
    await call();
  }
  if (!hasFailed) await errorOf(look); // which may be where the failure that was asked for comes
  const end = `At the end of '${name}', with ${operation} number ${nth} failing,`;
  if (isLost) await expectUsable(backend, name, looks);
  else expectEqual(await look(), looks.at(-1), end);
  await expectValues(bystander);
  await backend.close();
  return hasFailed;
}

/**
 * What a device found out later: what it could not write is unknown, and so is what is computed from that. It is an
 * error to look at it, and no old or wrong value is ever seen.
 */
async function expectNothingWrong(
  backend: Backend,
  { calls, look }: Life,
  looks: readonly unknown[],
  what: string,
): Promise<void> {
  for (let at = 0; ; at++) {
    let seen: unknown;
    const hidden = await errorOf(async () => (seen = await look()));
    if (hidden === undefined) expectEqual(seen, looks[at], `${what} and ${at} calls later values are wrong:`);
    else checkKind(hidden, undefined, `${what} and a look ${at} calls later`);
    const next = calls[at];
    if (!next) return;
    const refused = await errorOf(next);
    // What has no memory cannot be written either, and that is told too.
    const reported = await errorOf(() => backend.synchronize());
    for (const error of [refused, reported]) {
      if (error !== undefined) checkKind(error, undefined, `${what} and the call ${at + 1} calls later`);
    }
    if (refused !== undefined) return;
  }
}

/** After what a device found out later: the backend can be used from scratch. */
async function expectUsable(backend: Backend, name: LifeName, looks: readonly unknown[]): Promise<void> {
  const { calls, look } = await lives[name](backend, length);
  for (const call of calls) await call();
  await backend.synchronize();
  expectEqual(await look(), looks.at(-1), `After a failure, at the end of another '${name}',`);
}

async function expectValues(bystander: Tensor): Promise<void> {
  expectSame((await bystander.read()).join(), beside.join(), 'A tensor that took no part');
}

function checkKind(error: unknown, operation: Operation | undefined, what: string): void {
  const expected = operation === 'allocate' ? 'an OutOfMemoryError' : 'an AsgdError';
  const isExpected =
    error instanceof AsgdError && (operation !== 'allocate' || error.code === 'OUT_OF_MEMORY');
  expect(isExpected, `${what} should fail with ${expected}, but gave ${describeFailure(error)}`);
}

/** What a call throws or rejects with, and which of the two. */
async function attempt(
  call: () => unknown,
): Promise<{ readonly thrown: unknown; readonly isRejection: boolean }> {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    return { thrown: error ?? null, isRejection: false };
  }
  return { thrown: await errorOf(() => returned), isRejection: true };
}

/** What a call throws or rejects with. */
export async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error ?? null;
  }
}

export function describeFailure(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : describe(error);
}

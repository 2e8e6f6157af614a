import { isThenable } from './arguments.ts';

/** What a function gave, and a promise of what it promised. */
export type Awaitable<Result> = Result extends PromiseLike<infer Value> ? Promise<Value> : Result;

/**
 * Runs `fn`, and then `end`, whatever happened: at once, or when the promise that `fn` gave is settled. Where both fail,
 * what `fn` failed with is thrown, for that is what its caller must know.
 */
export function runThen(fn: () => unknown, end: () => void): unknown {
  const finish = (result: unknown): unknown => {
    end();
    return result;
  };
  const fail = (reason: unknown): never => {
    try {
      end();
    } catch {
      // The reason comes first.
    }
    throw reason;
  };
  let result: unknown;
  try {
    result = fn();
  } catch (reason) {
    return fail(reason);
  }
  return isThenable(result) ? Promise.resolve(result).then(finish, fail) : finish(result);
}

import { isThenable } from './arguments.ts';

/** The result of a function: as it is, or a real promise if it was a promise of any kind. */
export type Awaitable<Result> = Result extends PromiseLike<infer Value> ? Promise<Value> : Result;

/**
 * Runs `fn` and then `end`, even if `fn` fails: at once, or when the promise that `fn` returned is settled. If both
 * fail, the error of `fn` is thrown, because that is what its caller must know.
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

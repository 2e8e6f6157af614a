import type { Backend, RealDType } from '@asgd/core';
import type { Case, Context, Needs } from '../case.ts';

/** A case that needs only a backend, unless `needs` says more. */
export function define(
  id: string,
  spec: string,
  run: (context: Context) => void | Promise<void>,
  needs: Needs = {},
): Case {
  return { id, spec, needs, run: async (context) => run(context) };
}

/** For cases in which any dtype will do. */
export function anyDType({ capabilities }: Backend): RealDType {
  return capabilities.dtypes[0] ?? 'float32';
}

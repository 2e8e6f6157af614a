import type { Backend, RealDType } from '@asgd/core';

/** What a rule may use while it is tried. */
export interface Context {
  /** Fresh for this rule. */
  readonly backend: Backend;
  /** Opens one more of the same kind. */
  open(): Backend;
}

/** Something that core sees to, whatever the backend: no fault of kernels breaks it. */
export interface Rule {
  readonly name: string;
  /** Fails if core breaks the rule. */
  check(context: Context): Promise<void>;
}

export function rule(name: string, check: (context: Context) => void | Promise<void>): Rule {
  return { name, check: async (context) => check(context) };
}

/** For rules that hold with any dtype. */
export function anyDType({ capabilities }: Backend): RealDType {
  return capabilities.dtypes[0] ?? 'float32';
}

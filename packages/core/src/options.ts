import { checkOptionsObject } from './arguments.ts';
import { describe } from './describe.ts';
import { layoutOf } from './dtype.ts';
import { OptionError } from './errors.ts';
import { adviceOn } from './misspelling.ts';
import { hintOf, isTensor, type Tensor } from './tensor.ts';

/** What a parameter group sets: PyTorch's options, names in camelCase, defaults alike (SPEC.md, Options). */
export interface Options {
  /**
   * Learning rate, ≥ 0: a number, or a real tensor of one element that is read whenever a step size is computed.
   * A change acts one step late (SPEC.md, Schedule). Default 0.01.
   */
  lr: number | Tensor;
  /** Decay term λ, finite, ≥ 0: shrinks the parameter, and the step size over time. Default 1e-4. */
  lambd: number;
  /** Power of the step size's decay, finite, ≥ 0. Default 0.75. */
  alpha: number;
  /** Averaging does not begin before this update; −1 and fractions are meaningful. Default 1e6. */
  t0: number;
  /** L2 penalty, ≥ 0, added to the gradient. Default 0. */
  weightDecay: number;
  /** Whether a group is launched as one batch (`true`, `undefined`) or tensor by tensor. Never changes a bit. */
  foreach: boolean | undefined;
  /** Ascends along the gradient instead of descending. Default false. */
  maximize: boolean;
  /** Whether steps are recorded for `backward()` (SPEC.md, Differentiating). Default false. */
  differentiable: boolean;
  /** Whether steps can be recorded by `capture()` (SPEC.md, Capturable). Default false. */
  capturable: boolean;
}

/** PyTorch's defaults. */
export const defaultOptions: Readonly<Options> = Object.freeze({
  lr: 0.01,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weightDecay: 0,
  foreach: undefined,
  maximize: false,
  differentiable: false,
  capturable: false,
});

interface Rule {
  holds(value: unknown): boolean;
  readonly expected: string;
}

const atLeastZero: Rule = {
  holds: (value) => typeof value === 'number' && value >= 0,
  expected: 'a number >= 0',
};
const finiteAtLeastZero: Rule = {
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
  expected: 'a finite number >= 0',
};
const notNaN: Rule = {
  holds: (value) => typeof value === 'number' && !Number.isNaN(value),
  expected: 'a number',
};
const flag: Rule = { holds: (value) => typeof value === 'boolean', expected: 'true or false' };

const rules: Readonly<Record<keyof Options, Rule>> = {
  lr: {
    holds: (value) => (isTensor(value) ? isScalar(value) : atLeastZero.holds(value)),
    expected: 'a number >= 0, or a real tensor of one element',
  },
  lambd: finiteAtLeastZero,
  alpha: finiteAtLeastZero,
  t0: notNaN,
  weightDecay: atLeastZero,
  foreach: {
    holds: (value) => value === undefined || flag.holds(value),
    expected: 'true, false or undefined',
  },
  maximize: flag,
  differentiable: flag,
  capturable: flag,
};

const optionNames = Object.keys(rules) as readonly (keyof Options)[];

function isScalar({ length, dtype }: Tensor): boolean {
  return length === 1 && layoutOf(dtype).lanes === 1;
}

/**
 * Each step checks its groups again, so this creates no objects unless something is wrong.
 * @throws OptionError naming the first option that breaks its rule; `where` says whose options they are
 */
export function checkOptions(options: Partial<Options>, where: string): void {
  for (let at = 0; at < optionNames.length; at++) {
    const name = optionNames[at] as keyof Options; // within bounds
    const { holds, expected } = rules[name];
    const value = options[name];
    if (!holds(value)) {
      throw new OptionError(
        `Invalid ${name} in ${where}: ${describe(value)}; expected ${expected}${hintOf(value)}.`,
      );
    }
  }
  if (options.differentiable && options.foreach) {
    throw new OptionError(
      `Both differentiable and foreach are true in ${where}: a recorded step runs tensor by tensor; ` +
        `leave foreach undefined.`,
    );
  }
  checkKeys(options, allKeys, where);
}

/** What a group has besides its options. */
const groupKeys = ['params', 'paramNames', 'extra'] as const;
const optionKeys: ReadonlySet<string> = new Set(optionNames);
const allKeys: ReadonlySet<string> = new Set([...optionNames, ...groupKeys]);

/**
 * Refuses unknown keys: a misspelled option must not pass for an entry of the user's.
 * @throws OptionError with the name to use
 */
function checkKeys(given: object, known: ReadonlySet<string>, where: string): void {
  for (const name in given) {
    if (known.has(name) || !Object.hasOwn(given, name)) continue;
    const place = known.has('extra') ? '; your own entries go into extra' : '';
    throw new OptionError(
      `Unknown option '${name}' in ${where}: ` +
        `${adviceOn(name, [...known]) ?? `ASGD has ${optionNames.join(', ')}${place}`}.`,
    );
  }
}

/** The constructor's options with defaults filled in. @throws ArgumentError, OptionError */
export function resolveOptions(given: Partial<Options>): Options {
  const where = 'the options of ASGD';
  if (typeof given === 'number') checkOptionsObject(given, 'ASGD', `new ASGD(params, { lr: ${given} })`);
  checkOptionsObject(given, 'ASGD', 'new ASGD(params, { lr: 0.01 })');
  checkKeys(given, optionKeys, where);
  const options = fillOptions(given, defaultOptions);
  checkOptions(options, where);
  return options;
}

/** `given` with every option that it lacks, or leaves undefined, taken from `defaults`. */
export function fillOptions<Given extends Partial<Options>>(
  given: Given,
  defaults: Readonly<Options>,
): Given & Options {
  const filled: Given & Options = { ...defaults, ...given };
  for (const name of optionNames) {
    if (filled[name] === undefined) Object.assign(filled, { [name]: defaults[name] });
  }
  return filled;
}

import { describe, OptionError } from '@asgd/core/errors';
import { type ClassifierLoss, classifierLosses, type RegressorLoss, regressorLosses } from './loss.ts';

/** What is known after an epoch of `fit`. */
export interface Epoch {
  /** From 1. */
  readonly epoch: number;
  /** Updates made so far. */
  readonly steps: number;
  /** The mean loss of the rows, each before its own update, without penalties. */
  readonly trainLoss: number;
  /** With early stopping, the mean loss of the averaged weights on the rows held out. */
  readonly validationLoss?: number;
}

/** Options that classifiers and regressors share. */
export interface CommonOptions {
  /**
   * The first step size, from 0, as in `ASGD` of core. Default `'auto'`: 1 / (L * R), where L is the largest second
   * derivative of the loss (1 for hinge), and R the mean of ‖x‖² over the rows, or for `squared` and `squaredHinge`, whose
   * slopes have no bound, the largest. `partialFit` takes the rows of its first call.
   */
  readonly lr: number | 'auto';
  /** Decay term λ from 0, as in core: shrinks the weights, and the step size over time. Default 1e-4. */
  readonly lambd: number;
  /** Power of the step size's decay from 0, as in core. Default 0.75. */
  readonly alpha: number;
  /**
   * The update before which averaging does not begin, as in core. Default `'auto'`: in `fit` after the first epoch, or
   * halfway if there is one only; in `partialFit` -1, the mean of all.
   */
  readonly t0: number | 'auto';
  /** L2 penalty from 0, as in core: unlike `lambd` it leaves the step size alone. Default 0. */
  readonly weightDecay: number;
  /** Rows a step. Default 1. */
  readonly batchSize: number;
  /** How often `fit` goes through the rows, at most. Default 20. */
  readonly epochs: number;
  /** Whether `fit` visits the rows in a new order in every epoch. Default true. */
  readonly shuffle: boolean;
  /** What the order of rows follows from: a whole number from 0. Default 0. */
  readonly seed: number;
  /** Whether there is an intercept. It has no penalty. Default true. */
  readonly fitIntercept: boolean;
  /**
   * The intercept's step as a fraction of the weights': from 0 to 1. Every row moves it, and few rows move a weight of a
   * sparse column. Default `'auto'`: 0.01 for sparse rows, as in Bottou's programs and scikit-learn, 1 for dense ones.
   */
  readonly interceptStep: number | 'auto';
  /** Whether `fit` holds rows out and stops when the loss on them no longer falls. Default false. */
  readonly earlyStopping: boolean;
  /** What part of the rows is held out. Default 0.1. */
  readonly validationFraction: number;
  /** How many epochs without progress end training. The weights of the best epoch are kept. Default 5. */
  readonly patience: number;
  /** By what fraction the loss has to fall to be progress. Default 1e-3. */
  readonly tolerance: number;
  /** `'auto'` takes WebAssembly where there is some. The bits are the same. Default `'auto'`. */
  readonly kernels: 'auto' | 'wasm' | 'typescript';
  /** Called after each epoch of `fit`. */
  readonly onEpoch: ((epoch: Epoch) => void) | undefined;
}

export interface ClassifierOptions extends CommonOptions {
  /** Default `'log'`. More than two classes: `softmax` learns them together, the others one against the rest. */
  readonly loss: ClassifierLoss;
  /**
   * What the rows of a class count: a number from 0 for each class, 1 where there is none; or `'balanced'`, by which all
   * classes count alike (`fit` only).
   */
  readonly classWeight: 'balanced' | Readonly<Record<string, number>> | undefined;
}

export interface RegressorOptions extends CommonOptions {
  /** Default `'squared'`. */
  readonly loss: RegressorLoss;
  /** Where the loss `huber` becomes linear, above 0. Default 1. */
  readonly epsilon: number;
}

const commonDefaults: CommonOptions = {
  lr: 'auto',
  lambd: 1e-4,
  alpha: 0.75,
  t0: 'auto',
  weightDecay: 0,
  batchSize: 1,
  epochs: 20,
  shuffle: true,
  seed: 0,
  fitIntercept: true,
  interceptStep: 'auto',
  earlyStopping: false,
  validationFraction: 0.1,
  patience: 5,
  tolerance: 1e-3,
  kernels: 'auto',
  onEpoch: undefined,
};

const classifierDefaults: ClassifierOptions = {
  loss: 'log',
  classWeight: undefined,
  ...commonDefaults,
};
const regressorDefaults: RegressorOptions = { loss: 'squared', epsilon: 1, ...commonDefaults };

interface Rule {
  holds(value: unknown): boolean;
  readonly expected: string;
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;

const flag: Rule = { holds: (value) => typeof value === 'boolean', expected: 'true or false' };
const count: Rule = { holds: isCount, expected: 'a whole number from 1' };
const fromZero: Rule = {
  holds: (value) => isNumber(value) && value >= 0,
  expected: 'a finite number from 0',
};

function oneOf(values: readonly string[]): Rule {
  return {
    holds: (value) => values.includes(value as string),
    expected: `one of ${values.map(describe).join(', ')}`,
  };
}

function orAuto({ holds, expected }: Rule): Rule {
  return { holds: (value) => value === 'auto' || holds(value), expected: `${expected}, or 'auto'` };
}

const commonRules: Readonly<Record<keyof CommonOptions, Rule>> = {
  lr: orAuto(fromZero),
  lambd: fromZero,
  alpha: fromZero,
  t0: orAuto({ holds: isNumber, expected: 'a finite number' }),
  weightDecay: fromZero,
  batchSize: {
    holds: (value) => isCount(value) && (value as number) <= 2 ** 20,
    expected: 'a whole number from 1 to 1048576',
  },
  epochs: count,
  shuffle: flag,
  seed: {
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    expected: 'a whole number from 0',
  },
  fitIntercept: flag,
  interceptStep: orAuto({
    holds: (value) => isNumber(value) && value >= 0 && value <= 1,
    expected: 'a number from 0 to 1',
  }),
  earlyStopping: flag,
  validationFraction: {
    holds: (value) => isNumber(value) && value > 0 && value < 1,
    expected: 'a number between 0 and 1',
  },
  patience: count,
  tolerance: fromZero,
  kernels: oneOf(['auto', 'wasm', 'typescript']),
  onEpoch: {
    holds: (value) => value === undefined || typeof value === 'function',
    expected: 'a function or undefined',
  },
};

const isWeights = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every(fromZero.holds);

const classifierRules: Readonly<Record<keyof ClassifierOptions, Rule>> = {
  ...commonRules,
  loss: oneOf(classifierLosses),
  classWeight: {
    holds: (value) => value === undefined || value === 'balanced' || isWeights(value),
    expected: `'balanced', an object with a finite number from 0 for each class, or undefined`,
  },
};

const regressorRules: Readonly<Record<keyof RegressorOptions, Rule>> = {
  ...commonRules,
  loss: oneOf(regressorLosses),
  epsilon: { holds: (value) => isNumber(value) && value > 0, expected: 'a finite number above 0' },
};

/** @throws OptionError */
export function resolveClassifierOptions(given: Partial<ClassifierOptions>): ClassifierOptions {
  return resolve(given, classifierDefaults, classifierRules, 'ASGDClassifier');
}

/** @throws OptionError */
export function resolveRegressorOptions(given: Partial<RegressorOptions>): RegressorOptions {
  return resolve(given, regressorDefaults, regressorRules, 'ASGDRegressor');
}

function resolve<Options extends object>(
  given: unknown,
  defaults: Options,
  rules: Readonly<Record<keyof Options, Rule>>,
  of: string,
): Options {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(`The options of ${of} are ${describe(given)}: expected an object.`);
  }
  const resolved: Options = { ...defaults };
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (!Object.hasOwn(rules, name)) {
      throw new OptionError(`Unknown option '${name}' of ${of}: it has ${Object.keys(rules).join(', ')}.`);
    }
    if (value === undefined) continue;
    const rule = rules[name as keyof Options];
    if (!rule.holds(value)) {
      throw new OptionError(`Invalid ${name} of ${of}: ${describe(value)}; expected ${rule.expected}.`);
    }
    Object.assign(resolved, { [name]: value });
  }
  return Object.freeze(resolved);
}

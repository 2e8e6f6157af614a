import { asgd, describe, type FunctionalOptions, OptionError } from '@asgd/core';
import type { serialization } from '@tensorflow/tfjs-core';

/**
 * The options of `asgd()`: those of `@asgd/core`, which are PyTorch's. Here `lr` is a number, and `t0` may be `'auto'`.
 */
export interface AsgdOptions extends Omit<FunctionalOptions, 'lr' | 't0'> {
  /** Learning rate, a number ≥ 0. A change acts one step late. Default 0.01. */
  lr?: number;
  /**
   * Averaging does not begin before this step. −1 averages all steps, and the default, 1e6, none before the millionth.
   * `'auto'`: it begins when the validation loss stops improving, see `observe`.
   */
  t0?: number | 'auto';
}

/** All options that have a default. */
export interface ResolvedOptions extends AsgdOptions {
  lr: number;
  lambd: number;
  alpha: number;
  t0: number | 'auto';
  weightDecay: number;
  maximize: boolean;
}

/** Core's. */
const defaults: Readonly<ResolvedOptions> = {
  lr: 0.01,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weightDecay: 0,
  maximize: false,
};

/** @throws OptionError */
export function resolveOptions(given: AsgdOptions): ResolvedOptions {
  if (typeof given !== 'object' || given === null) {
    throw new OptionError(
      `asgd() was given ${describe(given)}: expected options, such as asgd({ lr: 0.1, t0: 100 }).`,
    );
  }
  const options = { ...defaults, ...given };
  checkOptions(options);
  return options;
}

/** @throws OptionError */
export function checkOptions(options: ResolvedOptions): void {
  const { lr, t0 } = options;
  if (typeof lr !== 'number') {
    throw new OptionError(`The option lr is ${describe(lr)}: expected a number >= 0.`);
  }
  if (typeof t0 !== 'number' && t0 !== 'auto') {
    throw new OptionError(`The option t0 is ${describe(t0)}: expected a number, or 'auto'.`);
  }
  asgd([], [], [], [], [], [], forStep(options, Infinity));
}

/** The options of one step. @param begins the step at which averaging begins, if `t0` is `'auto'` */
export function forStep(options: ResolvedOptions, begins: number): FunctionalOptions {
  const { t0 } = options;
  return { ...options, t0: t0 === 'auto' ? begins : t0 };
}

/** The options as JSON can hold them, which has no Infinity. */
export function toConfig(options: ResolvedOptions): serialization.ConfigDict {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === Infinity || value === -Infinity ? String(value) : value]),
  );
}

/** The options in a configuration. What else is in it, TensorFlow.js's name of the optimizer for example, does not count. */
export function fromConfig(config: serialization.ConfigDict): AsgdOptions {
  const names = [...Object.keys(defaults), 'foreach'].filter((name) => config[name] !== undefined);
  return Object.fromEntries(
    names.map((name) => {
      const value = config[name];
      return [name, value === 'Infinity' || value === '-Infinity' ? Number(value) : value];
    }),
  );
}
